"""How names are spelled: one form for every way of writing a name. Pure functions.

"Jürgen Weiß", "JUERGEN WEISS" and "Jurgen Weiss" are written differently and are one name. Other
scripts are written in Latin letters first.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from unicodedata import category

from anyascii import anyascii
from nicknames import NickNamer
from rapidfuzz.distance import OSA

# What German and the Nordic languages write with two letters where they have no key for it.
_TWO_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "œ": "oe"}
)
_ONE_LETTER = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a"))
# One sound, several spellings; in this order.
_SOUNDS = (
    (re.compile("sch|sh|tsch|tch|ch|cz|zh|tz"), "c"),
    (re.compile("ph"), "f"),
    (re.compile("th|dt"), "t"),
    (re.compile("ck|kh|q|c(?=[aoukrl])"), "k"),
    (re.compile("ks"), "x"),
    (re.compile("w"), "v"),
    (re.compile("z"), "s"),
    (re.compile("[aeio][iyj]"), "ei"),
    (re.compile("[yj]"), "i"),
    (re.compile("iu|io|ie"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
)
_MARKS = dict.fromkeys(map(ord, "'"))
_WORD = re.compile("[a-z0-9]+")
_LONG = 6


@lru_cache(maxsize=100_000)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words in small Latin letters, without accents, marks and apostrophes."""
    # Signs are no letters: a sun is not called "sunny".
    letters = "".join(" " if category(each)[0] == "S" else each for each in text.casefold())
    latin = anyascii(letters.translate(_TWO_LETTERS)).lower()
    for two, one in _ONE_LETTER:
        latin = latin.replace(two, one)
    return tuple(_WORD.findall(latin.translate(_MARKS)))


@lru_cache(maxsize=100_000)
def sound_of(word: str) -> str:
    """Return how a word of `words_of` sounds, roughly: "maier" and "meyer" are one."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


def is_slip(one: str, other: str) -> bool:
    """True when two different words are so near that one may be the other, misspelt."""
    if one == other or min(len(one), len(other)) < 4:  # noqa: PLR2004
        return False
    if sound_of(one) == sound_of(other):
        return True
    # Two letters that changed places count once.
    return OSA.distance(one, other) <= (1 if max(len(one), len(other)) <= _LONG else 2)


def is_short_form(one: str, other: str) -> bool:
    """True when one given name is a short or pet form of the other ("bob", "robert")."""
    return other in _forms_of(one) or one in _forms_of(other)


@lru_cache(maxsize=20_000)
def _forms_of(name: str) -> frozenset[str]:
    english = _english().nicknames_of(name) or set()
    return frozenset(english) | _others().get(name, frozenset())


@cache
def _english() -> NickNamer:
    return NickNamer()


@cache
def _others() -> dict[str, frozenset[str]]:
    """Return the short forms of other languages, by the full name."""
    file = files("baton.adapters.enrichment").joinpath("short_names.txt")
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    rows = [line.split() for line in lines if line.strip()]
    return {full: frozenset(short) for full, *short in rows}
