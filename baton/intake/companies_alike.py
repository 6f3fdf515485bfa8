"""Whether two records are of one company, and which account a lead belongs to. Pure functions.

A domain that a company registered says it for sure. A name says it only where no domain
contradicts it, and only if exactly one account has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import cleanco

from baton.adapters.enrichment.normalising import company_name, registrable_domain
from baton.adapters.enrichment.spelling import is_slip, words_of
from baton.adapters.enrichment.words import free_mail_domains, name_words
from baton.intake.likeness import Alike, Likeness, different, same, unless, unsure

# A shorter name is too likely to be another company's too.
_TELLING = 4
_MORE = 3


@dataclass(frozen=True, slots=True)
class Company:
    """What a record says of a company.

    Attributes:
        name: As it was written, with or without its legal form.
        domain: Of its website or mail; a free-mail provider's says nothing.
        country: ISO 3166 code of two letters.
    """

    name: str | None = None
    domain: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that a lead may belong to."""

    id: int
    company: Company


@dataclass(frozen=True, slots=True)
class Belonging:
    """Which account a lead belongs to: by its id, if that is sure; the reasons either way."""

    account_id: int | None
    reasons: tuple[str, ...]


class _Names(IntEnum):
    """How two companies' names relate."""

    UNKNOWN = 0
    DIFFERENT = 1
    PART = 2
    SLIP = 3
    EQUAL = 4


@lru_cache(maxsize=50_000)
def name_key(name: str) -> str | None:
    """Return the name as it is looked up: no legal form, no fillers, small letters, no spaces."""
    return "".join(_core(name)) or None


def account_key(name: str, domain: str) -> str | None:
    """Return the key of an account's name; where only its domain is known, of what stands there."""
    said = _name(Company(name, domain), domain)
    return name_key(said) if said else None


@lru_cache(maxsize=50_000)
def _core(name: str) -> tuple[str, ...]:
    """Return the words that make the name."""
    words = words_of(company_name(name) or name)
    # cleanco knows the form at the end; "GmbH & Co. KG" and "S. A." leave pieces behind.
    kept = tuple(word for word in words if word not in name_words("fillers"))
    while len(kept) > 1 and kept[-1] in name_words("legal_forms"):
        kept = kept[:-1]
    return kept or words


def compare_companies(one: Company, other: Company) -> Likeness:
    """Return whether two records are of one company, and why."""
    mine, theirs = _own_domain(one), _own_domain(other)
    if mine is not None and mine == theirs:
        return same(f"the same domain {mine}")
    names = _relation(_name(one, mine), _name(other, theirs))
    if mine and theirs:
        return _with_two_domains(names, mine, theirs)
    return _by_name(one, other, names)


def _own_domain(company: Company) -> str | None:
    domain = registrable_domain(company.domain) if company.domain else None
    return None if domain in free_mail_domains() else domain


def _name(company: Company, domain: str | None) -> str | None:
    """Return the company's name; of one that is known by its domain alone, what stands there."""
    if company.name and registrable_domain(company.name) is None:
        return company.name
    return _label(domain) if domain else company.name


def _label(domain: str) -> str:
    return domain.partition(".")[0]


def _relation(one: str | None, other: str | None) -> _Names:
    if not one or not other:
        return _Names.UNKNOWN
    mine, theirs = _core(one), _core(other)
    if not mine or not theirs:
        return _Names.UNKNOWN
    if "".join(mine) == "".join(theirs):
        return _Names.EQUAL
    if is_slip("".join(mine), "".join(theirs)) and _numbers(mine) == _numbers(theirs):
        return _Names.SLIP
    return _Names.PART if set(mine) <= set(theirs) or set(theirs) <= set(mine) else _Names.DIFFERENT


def _numbers(words: Sequence[str]) -> list[str]:
    return [word for word in words if any(letter.isdigit() for letter in word)]


def _with_two_domains(names: _Names, mine: str, theirs: str) -> Likeness:
    both = f"{mine} and {theirs}"
    if _label(mine) == _label(theirs):
        if names is _Names.EQUAL:
            return same(f"the same name, and one name in two domains: {both}")
        if names is not _Names.DIFFERENT:
            return unsure(f"one name in two domains: {both}")
    if names is _Names.EQUAL:
        return unsure(f"the same name, but two domains: {both}")
    return different(f"two domains: {both}")


def _by_name(one: Company, other: Company, names: _Names) -> Likeness:
    if names is _Names.UNKNOWN:
        return different("no domain and no name to compare")
    if names is _Names.DIFFERENT:
        return different("other names")
    if names is _Names.PART:
        return unsure("one name is part of the other: a group and its company, or strangers")
    if names is _Names.SLIP:
        return unsure("names that differ by a slip of the pen")
    return unless(_doubts(one, other), same("the same name, apart from the legal form"))


def _doubts(one: Company, other: Company) -> Iterable[str]:
    if one.country and other.country and one.country != other.country:
        yield f"one is in {one.country}, the other in {other.country}"
    else:
        mine, theirs = _countries_of_form(one), _countries_of_form(other)
        if mine and theirs and not mine & theirs:
            yield "their legal forms are of different countries"
    if _is_one_of_many(one) or _is_one_of_many(other):
        yield "the domain says more than the name, so there may be others of it"
    if len(name_key(one.name or other.name or "") or "") < _TELLING:
        yield "the name is too short to tell"


def _is_one_of_many(company: Company) -> bool:
    """True of "Hotel Krone" at hotel-krone-lindau.example."""
    domain, name = _own_domain(company), "".join(_core(company.name or ""))
    label = "".join(words_of(_label(domain))) if domain else ""
    return bool(name) and label.startswith(name) and len(label) >= len(name) + _MORE


@lru_cache(maxsize=10_000)
def _forms_abroad(name: str) -> frozenset[str]:
    return frozenset(cleanco.matches(name, cleanco.countrysources()))


def _countries_of_form(company: Company) -> frozenset[str]:
    return _forms_abroad(company.name) if company.name else frozenset()


def account_of(company: Company, candidates: Iterable[Candidate]) -> Belonging:
    """Return the one account that the lead's company surely is; in doubt none, and why.

    Args:
        company: What the lead says of it.
        candidates: Accounts whose domain or name may be its; others need not be there.
    """
    compared = [(each, compare_companies(company, each.company)) for each in candidates]
    sure = [(each, found) for each, found in compared if found.alike is Alike.SAME]
    domain = _own_domain(company)
    by_domain = [pair for pair in sure if domain and _own_domain(pair[0].company) == domain]
    chosen = by_domain or sure
    if len(chosen) == 1:
        [(account, found)] = chosen
        return Belonging(account.id, found.reasons)
    if chosen:
        named = ", ".join(str(each.company.domain) for each, _ in chosen)
        return Belonging(None, (f"{len(chosen)} accounts have this name: {named}",))
    doubtful = [
        f"perhaps {each.company.name or each.company.domain}: {'; '.join(found.reasons)}"
        for each, found in compared
        if found.alike is Alike.UNSURE
    ]
    return Belonging(None, tuple(doubtful) or ("no account has its domain or its name",))
