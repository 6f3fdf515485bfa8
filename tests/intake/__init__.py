"""Tests of reading, quarantine and enrichment."""
