"""What a person typed, in the one form that everything later compares. Pure functions.

Each returns None where the text says nothing that can be used, and the same result for its own
result: normalising twice is normalising once.
"""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from functools import cache, lru_cache

import cleanco
import phonenumbers
import pycountry
from nameparser import HumanName
from publicsuffixlist import PublicSuffixList
from rapidfuzz import fuzz, process

from baton.adapters.enrichment import words

_HOST = re.compile(r"^(?=.{4,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z]$")
_ZERO_WIDTH = dict.fromkeys(map(ord, "\u200b\ufeff\u2060"))
_SMALLEST_NAME = 3
_COUNTRY_SIMILARITY = 90


def tidy(text: str) -> str | None:
    """Return the text in NFC on one line, without spaces around or doubled; None if blank."""
    composed = unicodedata.normalize("NFC", text) if not text.isascii() else text
    return " ".join(composed.translate(_ZERO_WIDTH).split()) or None


def name_part(text: str) -> str | None:
    """Return a given or family name; one written all upper or all lower case gets its capitals."""
    name = tidy(text)
    if name is None or not _is_one_case(name):
        return name
    return _capitalised(name)


def _is_one_case(name: str) -> bool:
    return len(name) >= _SMALLEST_NAME and (name.isupper() or name.islower())


@lru_cache(maxsize=20_000)
def _capitalised(name: str) -> str:
    parsed = HumanName(last=name)
    parsed.capitalize(force=True)
    return str(parsed.last) or name


def split_name(text: str) -> tuple[str | None, str | None]:
    """Return given and family name of a full name, without titles such as "Dr."."""
    full = tidy(text)
    if full is None:
        return None, None
    parsed = HumanName(full)
    if _is_one_case(full):
        parsed.capitalize(force=True)
    given = " ".join(part for part in (parsed.first, parsed.middle) if part)
    return tidy(given), tidy(str(parsed.last))


def email_address(text: str) -> str | None:
    """Return the bare address in lower case; whether it is valid is another question."""
    bare = text.strip().removeprefix("mailto:")
    if bare.endswith(">") and "<" in bare:
        bare = bare[bare.rindex("<") + 1 : -1]
    return bare.strip().lower() or None


def phone_number(text: str, country: str | None) -> str | None:
    """Return the number in E.164; `country` is where a number without a prefix rings."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    # Valid by length, not by table: numbers set aside for fiction must pass.
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_country(e164: str) -> str | None:
    """Return the country of two letters in which an E.164 number rings."""
    code = phonenumbers.region_code_for_number(phonenumbers.parse(e164))
    return code if code and code.isalpha() else None


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=50_000)
def registrable_domain(text: str) -> str | None:
    """Return the part that somebody registered, of a domain or address on the web."""
    host = text.strip().lower().split("://")[-1].split("/")[0].split("?")[0]
    host = host.rsplit("@", 1)[-1].split(":")[0].strip(".")
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        return None
    if not _HOST.match(host):
        return None
    domain = _suffixes().privatesuffix(host)
    return str(domain) if domain else None


def is_free_mail(email: str) -> bool:
    """True when anybody can have an address there, so that it says nothing of a company."""
    return email.rsplit("@", 1)[-1] in words.free_mail_domains()


def is_role_address(email: str) -> bool:
    """True when the address reaches an office (info@, sales@), not a person."""
    return email.split("@", 1)[0].split("+", maxsplit=1)[0] in words.role_addresses()


def company_domain(email: str | None, website: str | None) -> str | None:
    """Return the company's domain: of the address unless it is free mail, else of the website."""
    if email and not is_free_mail(email):
        domain = registrable_domain(email.rsplit("@", 1)[-1])
        if domain:
            return domain
    return registrable_domain(website) if website else None


@lru_cache(maxsize=50_000)
def company_name(text: str) -> str | None:
    """Return a company's name without its legal form (Ltd, GmbH, S.A.)."""
    name = tidy(text)
    return (tidy(cleanco.basename(name)) or name) if name else None


@lru_cache(maxsize=10_000)
def country_code(text: str) -> str | None:
    """Return ISO 3166's two letters for a code or a name in one of many languages."""
    name = tidy(text)
    if name is None:
        return None
    if len(name) == 2 and pycountry.countries.get(alpha_2=name.upper()):  # noqa: PLR2004
        return name.upper()
    known = words.country_names()
    folded = name.casefold()
    if folded in known:
        return known[folded]
    return _similar_country(folded)


def _similar_country(name: str) -> str | None:
    """Return the country whose name differs by a slip of the pen; short words are too alike."""
    if len(name) < 5:  # noqa: PLR2004
        return None
    known = words.country_names()
    match = process.extractOne(
        name, known.keys(), scorer=fuzz.ratio, score_cutoff=_COUNTRY_SIMILARITY
    )
    return known[match[0]] if match else None


@lru_cache(maxsize=50_000)
def seniority(title: str) -> str | None:
    """Return the level that a job title speaks of, in the words of titles.yaml."""
    return _first_match("seniority", title)


@lru_cache(maxsize=50_000)
def job_function(title: str) -> str | None:
    """Return the field of work that a job title speaks of, in the words of titles.yaml."""
    return _first_match("function", title)


def _first_match(kind: str, title: str) -> str | None:
    text = (tidy(title) or "").lower()
    return next(
        (name for name, pattern in words.title_patterns(kind) if pattern.search(text)), None
    )


def level(text: str) -> str | None:
    """Return a seniority that was given as a word ("VP", "c_level") in our words."""
    word = (tidy(text) or "").lower().replace("-", "_").replace(" ", "_")
    if word in {name for name, _ in words.title_patterns("seniority")}:
        return word
    return seniority(text) or word or None


@lru_cache(maxsize=1_000)
def time_zone(text: str) -> str | None:
    """Return the IANA zone of that name, whatever its case and with spaces for underscores."""
    name = (tidy(text) or "").replace(" ", "_")
    return _zones().get(name.casefold())


@cache
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in zoneinfo.available_timezones()}


def zone_of_country(code: str) -> str | None:
    """Return the zone where most people of the country live."""
    return words.zones_by_country().get(code)


@lru_cache(maxsize=1_000)
def language_code(text: str) -> str | None:
    """Return ISO 639's two letters for a language code ("en-us") or name ("German")."""
    name = tidy(text)
    if name is None:
        return None
    short = re.split(r"[-_ ]", name.lower())[0]
    found = pycountry.languages.get(alpha_2=short) or pycountry.languages.get(alpha_3=short)
    if found is None:
        found = pycountry.languages.get(name=name.title())
    return getattr(found, "alpha_2", None) if found else None
