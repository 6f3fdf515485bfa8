"""A sample that anyone can draw again: seeded, and shared out among strata."""

from __future__ import annotations

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from uuid import UUID


def sample(strata: Mapping[UUID, str], *, size: int, seed: int) -> list[UUID]:
    """Return up to `size` of the cases, drawn at random, every stratum among them.

    The places go to the strata as `share_out` says. Within a stratum the cases with the lowest
    SHA-256 of "seed:id" are drawn, which is the same on every machine and in every release.

    Args:
        strata: The stratum of each case.
        size: How many cases; all of them if there are not so many.
        seed: Draws the same cases of the same rows again, in whatever order they come.

    Returns:
        The cases, by id.
    """
    shuffled = sorted(strata, key=lambda case: _ticket(seed, case))
    cases: dict[str, list[UUID]] = defaultdict(list)
    for case in shuffled:
        cases[strata[case]].append(case)
    places = share_out({name: len(those) for name, those in cases.items()}, size)
    return sorted(case for name, number in places.items() for case in cases[name][:number])


def share_out(sizes: Mapping[str, int], places: int) -> dict[str, int]:
    """Return how many places each stratum gets: at least one, the rest by size.

    The method of Huntington and Hill: the next place goes to the stratum with the highest
    size / sqrt(n (n + 1)), n being the places that it has. With fewer places than strata the first
    ones get one each. Ties go to the first.

    Args:
        sizes: How many cases each stratum has, at least one; in random order, so that no stratum is
            always left out.
        places: How many there are; no stratum gets more than it has cases.
    """
    given = {name: int(rank < places) for rank, name in enumerate(sizes)}
    waiting = [
        (_precedence(sizes[name], number), rank, name)
        for rank, (name, number) in enumerate(given.items())
        if 0 < number < sizes[name]
    ]
    heapq.heapify(waiting)
    for _ in range(min(places, sum(sizes.values())) - sum(given.values())):
        _, rank, name = heapq.heappop(waiting)
        given[name] += 1
        if given[name] < sizes[name]:
            heapq.heappush(waiting, (_precedence(sizes[name], given[name]), rank, name))
    return given


def _precedence(size: int, given: int) -> Fraction:
    """Return by what the next place goes, the lowest first; a square, because that is exact."""
    return Fraction(-size * size, given * (given + 1))


def _ticket(seed: int, case: UUID) -> str:
    return hashlib.sha256(f"{seed}:{case}".encode()).hexdigest()
