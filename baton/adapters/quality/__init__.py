"""The gates between the stages, judged by Great Expectations."""
