"""Chance that is the same in every run: a number derived from a name."""

from __future__ import annotations

import hashlib


def share(name: str, purpose: str) -> float:
    """Return a number in [0, 1) that belongs to `name` and `purpose`, evenly spread over names."""
    return seed(name, purpose) / 2**64


def seed(name: str, purpose: str) -> int:
    """Return a 64-bit number that belongs to `name` and `purpose`."""
    digest = hashlib.blake2b(f"{purpose}\0{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")
