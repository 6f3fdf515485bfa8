"""The labelled pairs: two records each, and whether they are one person or company."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from baton.intake.companies_alike import Company, compare_companies
from baton.intake.likeness import Likeness
from baton.intake.people_alike import Person, compare_people

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Pair:
    """A labelled pair.

    Attributes:
        is_held_out: True for the half that nobody looked at while the matcher was made.
        is_same: The label.
        why: What makes the pair hard, or easy.
        compare: Asks the matcher.
    """

    is_held_out: bool
    is_same: bool
    why: str
    compare: Callable[[], Likeness]


def people() -> Iterator[Pair]:
    """Yield the pairs of people."""
    for row in _rows("people.csv"):
        one, other = _person(row, "one"), _person(row, "other")
        yield _pair(row, partial(compare_people, one, other))


def accounts() -> Iterator[Pair]:
    """Yield the pairs of what a lead says of its company, and an account."""
    for row in _rows("accounts.csv"):
        lead = Company(row["company"], row["domain"], row["country"])
        account = Company(row["account_name"], row["account_domain"], row["account_country"])
        yield _pair(row, partial(compare_companies, lead, account))


def _rows(name: str) -> Iterator[dict[str, str | None]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {field: value or None for field, value in row.items()}


def _person(row: dict[str, str | None], side: str) -> Person:
    fields = ("given_name", "family_name", "email", "phone", "company", "title", "country")
    return Person(**{field: row[f"{side}_{field}"] for field in fields})


def _pair(row: dict[str, str | None], compare: Callable[[], Likeness]) -> Pair:
    return Pair(row["half"] == "held_out", row["label"] == "same", row["why"] or "", compare)
