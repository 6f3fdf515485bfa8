"""The stages of a hand-off, one file each: load, decide, act, record."""
