"""The rulebook at scale: a million leads, ten million touches, the agreement of this repository."""
