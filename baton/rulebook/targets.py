"""Whom the agreement aims at, as SQL over facts: its personas and its ideal customer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from baton.rulebook.agreement import IdealCustomer, Persona
from baton.rulebook.fragments import listed, named, numeral, quoted
from baton.rulebook.parts import Range

IDEAL = "in_ideal_customer"
# The fact that personas read, and its words, which the statement works out once for all personas.
TITLE = "title"
TITLE_WORDS = '"title$words"'


@dataclass(frozen=True, slots=True)
class Target:
    """A boolean SQL expression and the facts that it reads; unknown where they leave it open."""

    sql: str
    facts: tuple[str, ...]


def persona_target(persona: Persona) -> Target:
    """Return when a person is of the persona: a title of it, and its seniority and function."""
    titles = " or ".join(
        f"strpos({TITLE_WORDS}, {quoted(f' {_words(title)} ')}) > 0" for title in persona.titles
    )
    parts: list[tuple[str, tuple[str, ...]]] = []
    if persona.seniority:
        parts.append((_among("seniority", persona.seniority), ("seniority",)))
    if persona.functions:
        parts.append((_among("function", persona.functions), ("function",)))
    # The words come last: they take longest, and what is untrue before them spares them.
    return _all([*parts, (f"({titles})", (TITLE,))])


def words_of(text: str) -> str:
    """Return SQL for the words of a text in small letters, with a space before and behind each.

    So whole words are found in it, whatever stands between them: CTO not in "director".
    """
    return f"' ' || lower(regexp_replace({text}, '\\W+', ' ', 'g')) || ' '"


def _words(title: str) -> str:
    """Return the same of a persona's title; the agreement says what else it may hold."""
    return re.sub(r"[ &/.,'+-]+", " ", title).lower()


def ideal_target(ideal: IdealCustomer) -> Target:
    """Return when a company is one that the teams want: industry, size, revenue and region."""
    parts: list[tuple[str, tuple[str, ...]]] = []
    if ideal.industries:
        parts.append((_among("industry", ideal.industries), ("industry",)))
    for name, limits in (("employees", ideal.employees), ("revenue_usd", ideal.revenue_usd)):
        parts += [(sql, (name,)) for sql in _within(name, limits)]
    countries = [code for region in ideal.regions for code in region.countries]
    if countries:
        # The company's seat; where that is not known, the person's country.
        seat = f"coalesce({named('account_country')}, {named('country')})"
        parts.append((f"{seat} in ({listed(tuple(countries))})", ("account_country", "country")))
    return _all(parts)


def _all(parts: Sequence[tuple[str, tuple[str, ...]]]) -> Target:
    read = dict.fromkeys(fact for _, facts in parts for fact in facts)
    return Target(f"({' and '.join(sql for sql, _ in parts)})", tuple(read))


def _among(name: str, values: tuple[str, ...]) -> str:
    lower = tuple(value.lower() for value in values)
    # What is compared with plain letters only needs plain letters made small, which is far faster.
    plain = ' collate "C"' if all(value.isascii() for value in lower) else ""
    return f"lower({named(name)}{plain}) in ({listed(lower)})"


def _within(name: str, limits: Range | None) -> list[str]:
    bounds = () if limits is None else ((">=", limits.at_least), ("<=", limits.at_most))
    return [f"{named(name)} {sign} {numeral(b)}" for sign, b in bounds if b is not None]
