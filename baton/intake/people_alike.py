"""Whether two records are of one person. Pure functions.

A mailbox or a number that both have says it, if the names do not speak against it; within one
company the name says it, if nothing else speaks against it. Whoever only shares a name with
somebody elsewhere is somebody else. In doubt it is unsure, and a person looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from baton.adapters.enrichment.normalising import (
    is_free_mail,
    is_role_address,
    job_function,
    registrable_domain,
)
from baton.adapters.enrichment.spelling import words_of
from baton.intake.companies_alike import Company, compare_companies
from baton.intake.likeness import Alike, Likeness, different, same, unless, unsure
from baton.intake.names_alike import NamesAre, compare_names

# Providers that deliver a.b@ and ab@ to one mailbox.
_WITHOUT_DOTS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
_NUMBER = re.compile(r"\d+")
_TELLING = 3
_ONE_PERSONS = frozenset({NamesAre.EQUAL, NamesAre.SOUND, NamesAre.SHORT_FORM})


@dataclass(frozen=True, slots=True)
class Person:
    """What a record says of a person.

    Attributes:
        email: In lower case.
        phone: E.164.
        domain: The company's, if it is not the mail address's own.
        country: ISO 3166 code of two letters.
    """

    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    phone: str | None = None
    company: str | None = None
    domain: str | None = None
    title: str | None = None
    country: str | None = None

    @property
    def employer(self) -> Company:
        """The company as this record tells it."""
        return Company(self.company, self.domain or _host(self.email), self.country)


def compare_people(one: Person, other: Person) -> Likeness:
    """Return whether two records are of one person, and why."""
    names = compare_names(_name(one), _name(other))
    if mailbox_of(one.email) is not None and mailbox_of(one.email) == mailbox_of(other.email):
        return _with_one_mailbox(one, names)
    if one.phone and one.phone == other.phone:
        return _with_one_number(one, other, names)
    return _by_name(one, other, names)


def mailbox_of(email: str | None) -> str | None:
    """Return the mailbox behind an address: without what stands after a plus."""
    if not email or "@" not in email:
        return None
    local, _, host = email.rpartition("@")
    local = local.partition("+")[0] or local
    if host in _WITHOUT_DOTS:
        return f"{local.replace('.', '')}@{_WITHOUT_DOTS[host]}"
    return f"{local}@{host}"


def _host(email: str | None) -> str | None:
    return email.rpartition("@")[2] if email else None


def _name(person: Person) -> tuple[str | None, str | None]:
    return person.given_name, person.family_name


def _with_one_mailbox(one: Person, names: NamesAre) -> Likeness:
    if names is NamesAre.EQUAL:
        return same("the same mailbox", names)
    if is_role_address(one.email or ""):
        return unsure("an office's mailbox, and not surely one name")
    if names is NamesAre.DIFFERENT:
        return unsure("the same mailbox, but other names")
    if names is NamesAre.OTHER_FAMILY and not _has(one.email, words_of(one.given_name or "")):
        return unsure("the same mailbox", names)
    return same("the same mailbox", *((names,) if names is not NamesAre.UNKNOWN else ()))


def _with_one_number(one: Person, other: Person, names: NamesAre) -> Likeness:
    if names is NamesAre.UNKNOWN:
        if one.email and other.email:
            return unsure("the same number, but two addresses and one name")
        # A number alone, of somebody whom we know by it.
        return same("the same number, and nothing else is known of one of them")
    if names in _ONE_PERSONS or (names is NamesAre.SLIP and _only_family_slipped(one, other)):
        return unless(_own_names(one, other), same("the same number", names))
    if names is NamesAre.DIFFERENT:
        return different("the same number, but other names: a household or an office")
    return unsure("the same number", names)


def _only_family_slipped(one: Person, other: Person) -> bool:
    """True when the given names are one, so that they are no brother and sister."""
    mine, theirs = (one.given_name, "x y"), (other.given_name, "x y")
    return compare_names(mine, theirs) in _ONE_PERSONS


def _by_name(one: Person, other: Person, names: NamesAre) -> Likeness:
    if names is NamesAre.DIFFERENT:
        return different("other names")
    company = compare_companies(one.employer, other.employer)
    if company.alike is Alike.DIFFERENT:
        return _by_name_alone(one, other, names)
    where = f"at one company ({'; '.join(company.reasons)})"
    if names is NamesAre.UNKNOWN:
        return _by_address(one, other)
    is_one = names in _ONE_PERSONS or (names is NamesAre.SLIP and _only_family_slipped(one, other))
    if is_one and company.alike is Alike.SAME:
        return unless(_doubts(one, other), same(names, where))
    if names is NamesAre.OTHER_FAMILY:
        # A company has many of one given name; few of them have just married.
        return different(names, where)
    return unsure(names, where)


def _by_name_alone(one: Person, other: Person, names: NamesAre) -> Likeness:
    if names is NamesAre.EQUAL and _same_private_name(one, other):
        return unsure("the same name, and one name of the mailbox at two free providers")
    return different("nothing in common but the name")


def _same_private_name(one: Person, other: Person) -> bool:
    if not one.email or not other.email:
        return False
    if not is_free_mail(one.email) or not is_free_mail(other.email):
        return False
    return one.email.partition("@")[0] == other.email.partition("@")[0]


def _by_address(one: Person, other: Person) -> Likeness:
    """Compare with the name that somebody's address spells, where no other is known."""
    names = compare_names(_spelt(one), _spelt(other))
    if names in {*_ONE_PERSONS, NamesAre.SLIP}:
        return unsure("at one company, and the address spells the name")
    return different("at one company, and one of them has no name")


def _spelt(person: Person) -> tuple[str | None, str | None]:
    if person.given_name or person.family_name or not person.email:
        return _name(person)
    given, dot, family = person.email.partition("@")[0].partition(".")
    return (given, family) if dot and len(given) > 1 else (None, None)


def _doubts(one: Person, other: Person) -> Iterable[str]:
    mine, theirs = one.email or "", other.email or ""
    if mine and theirs and _without_numbers(mine) == _without_numbers(theirs):
        yield "their addresses are told apart by a number"
    yield from _own_names(one, other)
    if one.title and other.title and job_function(one.title) != job_function(other.title):
        yield "they may do different work"
    if one.country and other.country and one.country != other.country:
        yield "they are in different countries"


def _without_numbers(email: str) -> tuple[list[str], str | None]:
    """Return the words of the address in order, without numbers, and its domain."""
    local, _, host = email.rpartition("@")
    return sorted(_NUMBER.sub(" ", " ".join(words_of(local))).split()), registrable_domain(host)


def _own_names(one: Person, other: Person) -> Iterable[str]:
    """Tell whether each has an address that spells their own name and not the other's."""
    for mine, theirs in (
        (one.given_name, other.given_name),
        (one.family_name, other.family_name),
    ):
        first, second = words_of(mine or ""), words_of(theirs or "")
        if _spells(one, other, first, second) or _spells(other, one, second, first):
            yield "each has an address with their own name"


def _spells(one: Person, other: Person, own: Sequence[str], others: Sequence[str]) -> bool:
    """True when the address has a word that the other has neither in name nor in address.

    The other's address must spell a name too; what is only misspelt in the record does not count.
    """
    alone = [word for word in own if word not in others and not _has(other.email, [word])]
    return _has(one.email, alone) and _has(other.email, others)


def _has(email: str | None, words: Sequence[str]) -> bool:
    local = "".join(words_of((email or "").partition("@")[0]))
    return any(word in local for word in words if len(word) >= _TELLING)
