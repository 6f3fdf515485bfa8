"""Whether two names may be one person's. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from baton.adapters.enrichment.spelling import is_short_form, is_slip, sound_of, words_of
from baton.adapters.enrichment.words import name_words


class NamesAre(StrEnum):
    """How two names relate, and how that is told."""

    UNKNOWN = "one of them has no name"
    DIFFERENT = "other names"
    OTHER_FAMILY = "the same given name with another family name"
    HALF_FAMILY = "the same given name with a double family name and half of it"
    IN_PART = "the same family name, and no whole given name beside it"
    SLIP = "names that differ by a slip of the pen"
    SOUND = "names that are spelt otherwise and sound the same"
    SHORT_FORM = "the same family name with another form of the given name"
    EQUAL = "the same name"


_GENERATION = {
    "jr": "jr",
    "junior": "jr",
    "jun": "jr",
    "sr": "sr",
    "senior": "sr",
    "sen": "sr",
    "ii": "2",
    "iii": "3",
    "iv": "4",
}


# Given name and family name; either may be missing.
FullName = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class _Name:
    given: tuple[str, ...]
    family: tuple[str, ...]
    generation: str | None

    @property
    def tells(self) -> bool:
        """Whether there is more than initials."""
        return any(len(word) > 1 for word in (*self.given, *self.family))


def compare_names(
    one: tuple[str | None, str | None], other: tuple[str | None, str | None]
) -> NamesAre:
    """Return how two (given name, family name) relate; either part may be missing."""
    mine, theirs = _read(*one), _read(*other)
    if not mine.tells or not theirs.tells:
        return NamesAre.UNKNOWN
    if mine.generation != theirs.generation:
        # A father and his son, unless one of them is not told apart at all.
        return (
            NamesAre.IN_PART if None in (mine.generation, theirs.generation) else NamesAre.DIFFERENT
        )
    straight = _relation(mine, theirs)
    if straight is NamesAre.EQUAL:
        return straight
    turned = _relation(mine, _Name(theirs.family, theirs.given, theirs.generation))
    return NamesAre.EQUAL if turned is NamesAre.EQUAL else _all_words(mine, theirs) or straight


def generation_of(given: str | None, family: str | None) -> str | None:
    """Return what tells father and son apart ("jr"), if the name says it."""
    return _read(given, family).generation


@lru_cache(maxsize=50_000)
def _read(given: str | None, family: str | None) -> _Name:
    first, last = _words(given), _words(family)
    told = [_GENERATION[word] for word in (*first[1:], *last[1:]) if word in _GENERATION]
    return _Name(_kept(first), _kept(last), told[0] if told else None)


def _words(text: str | None) -> tuple[str, ...]:
    # "J.R." is two initials; a full stop ends a word.
    if not text or text.strip().casefold() == "n/a":
        return ()
    return words_of(re.sub(r"[.,]", " ", text))


def _kept(words: Sequence[str]) -> tuple[str, ...]:
    says_nothing = name_words("titles") | name_words("nobody")
    telling = tuple(
        word
        for place, word in enumerate(words)
        if word not in says_nothing and not (place and word in _GENERATION)
    )
    return tuple(word for word in telling if word not in name_words("particles")) or telling


def _all_words(mine: _Name, theirs: _Name) -> NamesAre | None:
    """Return EQUAL where the same words are only divided otherwise between the two parts."""
    ours = sorted((*mine.given, *mine.family))
    return (
        NamesAre.EQUAL
        if len(ours) > 1 and ours == sorted((*theirs.given, *theirs.family))
        else None
    )


def _relation(mine: _Name, theirs: _Name) -> NamesAre:
    given = _given(mine.given, theirs.given)
    family = _family(mine.family, theirs.family)
    if NamesAre.DIFFERENT in {given, family}:
        is_renamed = given in _ONE_GIVEN and family is NamesAre.DIFFERENT
        return NamesAre.OTHER_FAMILY if is_renamed else NamesAre.DIFFERENT
    return next(
        (weakest for weakest in _WEAKEST_FIRST if weakest in {given, family}), NamesAre.EQUAL
    )


_ONE_GIVEN = frozenset({NamesAre.EQUAL, NamesAre.SHORT_FORM})
_WEAKEST_FIRST = (
    NamesAre.HALF_FAMILY,
    NamesAre.IN_PART,
    NamesAre.SLIP,
    NamesAre.SHORT_FORM,
    NamesAre.SOUND,
)


def _given(mine: tuple[str, ...], theirs: tuple[str, ...]) -> NamesAre:
    if not mine or not theirs:
        return NamesAre.IN_PART
    if "".join(mine) == "".join(theirs):
        return NamesAre.EQUAL
    if _conflict(mine[1:], theirs[1:]):
        return NamesAre.DIFFERENT
    one, other = mine[0], theirs[0]
    if one == other:
        return NamesAre.EQUAL if _are_initials((*mine[1:], *theirs[1:])) else NamesAre.SHORT_FORM
    if _are_initials((one,)) or _are_initials((other,)):
        return NamesAre.IN_PART if one[0] == other[0] else NamesAre.DIFFERENT
    further = {*mine[1:], *theirs[1:]}
    return _by_word(one, other, is_further=bool({one, other} & further))


def _by_word(one: str, other: str, *, is_further: bool) -> NamesAre:
    if sound_of(one) == sound_of(other):
        return NamesAre.SOUND
    # "Anna Maria" is called Maria; "Hans-Peter" is called Peter.
    if is_further or is_short_form(one, other):
        return NamesAre.SHORT_FORM
    # "Andrea" and "Andreas" are two people more often than one.
    return NamesAre.SLIP if is_slip(one, other) and one[0] == other[0] else NamesAre.DIFFERENT


def _are_initials(words: Sequence[str]) -> bool:
    return all(len(word) == 1 for word in words)


def _conflict(mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """True when both have a second given name, and the two begin otherwise."""
    return bool(mine and theirs) and mine[0][0] != theirs[0][0]


def _family(mine: tuple[str, ...], theirs: tuple[str, ...]) -> NamesAre:
    if not mine or not theirs:
        return NamesAre.IN_PART
    one, other = "".join(mine), "".join(theirs)
    if one == other:
        return NamesAre.EQUAL
    if 1 in {len(one), len(other)}:
        return NamesAre.IN_PART if one[0] == other[0] else NamesAre.DIFFERENT
    if set(mine) & set(theirs):
        return NamesAre.HALF_FAMILY
    if sound_of(one) == sound_of(other):
        return NamesAre.SOUND
    return NamesAre.SLIP if is_slip(one, other) else NamesAre.DIFFERENT
