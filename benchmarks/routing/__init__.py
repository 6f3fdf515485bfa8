"""The group `routing`: giving leads to AEs, and replaying how they were given."""
