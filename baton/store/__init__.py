"""The tables, and the few functions that change them (I10)."""
