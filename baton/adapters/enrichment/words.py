"""The word lists that normalising reads, each loaded once."""

from __future__ import annotations

import gettext
import re
from functools import cache
from importlib.resources import files

import pycountry
import yaml

_FOLDER = files("baton.adapters.enrichment")
_LANGUAGES = ("de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "fi", "cs", "pt_BR")


@cache
def free_mail_domains() -> frozenset[str]:
    """Return the domains where anybody can have a mailbox."""
    return _lines("free_mail.txt")


@cache
def role_addresses() -> frozenset[str]:
    """Return the local parts that reach an office, not a person."""
    return _lines("role_addresses.txt")


def _lines(name: str) -> frozenset[str]:
    text = _FOLDER.joinpath(name).read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line and line[0] != "#")


@cache
def name_words(kind: str) -> frozenset[str]:
    """Return words in names that tell nobody apart; `kind` as in names.yaml."""
    words = yaml.load(_FOLDER.joinpath("names.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return frozenset(words[kind].split())


@cache
def title_patterns(kind: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return (level, pattern) in the order in which they decide; `kind` as in titles.yaml."""
    levels = yaml.safe_load(_FOLDER.joinpath("titles.yaml").read_text(encoding="utf-8"))[kind]
    return tuple(
        (level.removesuffix("_last"), re.compile(pattern))
        for level, patterns in levels.items()
        for pattern in patterns
    )


@cache
def country_names() -> dict[str, str]:
    """Return case-folded country names and codes of three letters, with codes of two letters.

    The names are English, the translations into the languages that exports come in, and the
    everyday ones of countries.yaml, which win.
    """
    translations = [
        gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language], fallback=True)
        for language in _LANGUAGES
    ]
    found: dict[str, str] = {}
    for country in pycountry.countries:
        english = {
            country.name,
            getattr(country, "official_name", country.name),
            getattr(country, "common_name", country.name),
        }
        translated = {each.gettext(name) for each in translations for name in english}
        for name in (country.alpha_3, *english, *translated):
            found.setdefault(name.casefold(), country.alpha_2)
    return found | _country_words()["names"]


@cache
def _country_words() -> dict[str, dict[str, str]]:
    # YAML 1.1 reads the bare word NO (Norway) as false; BaseLoader keeps every word a word.
    text = _FOLDER.joinpath("countries.yaml").read_text(encoding="utf-8")
    words: dict[str, dict[str, str]] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    return words


@cache
def zones_by_country() -> dict[str, str]:
    """Return one IANA zone for each country: the preferred one, else the zone table's first."""
    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    zones: dict[str, str] = {}
    for line in table.splitlines():
        if not line.startswith("#"):
            code, _, zone = line.split("\t")[:3]
            zones.setdefault(code, zone)
    return zones | _country_words()["zones"]
