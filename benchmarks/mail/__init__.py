"""The group `mail`: reading what came in, and releasing what goes out."""
