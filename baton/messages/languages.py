"""Which language a lead is written to in."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError

DEFAULT = "en"


def language_of(language: str | None, country: str | None) -> str:
    """Return the person's language, else the one most spoken in the country, else English.

    Args:
        language: ISO 639 code, perhaps with a region; anything else counts as not known.
        country: ISO 3166 code of two letters.
    """
    for written in (language, f"und_{country.upper()}" if country else None):
        known = _known(written)
        if known is not None:
            return known
    return DEFAULT


def is_language(code: str) -> bool:
    """Return whether it is the code of a language whose dates can be written."""
    return _known(code) == code


def _known(written: str | None) -> str | None:
    if not written:
        return None
    try:
        return Locale.parse(written.replace("-", "_")).language
    except (UnknownLocaleError, ValueError):
        return None
