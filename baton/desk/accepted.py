"""Which language a visitor reads, as far as the browser says."""

from __future__ import annotations

import re
from collections.abc import Container


def accepted_language(header: str, known: Container[str]) -> str:
    """Return the first known language that an `Accept-Language` names; or English.

    Browsers send the languages in their order, so their weights are not looked at.
    """
    for language in re.findall(r"(?:^|,)\s*([a-zA-Z]{2})\b", header):
        if language.lower() in known:
            return str(language.lower())
    return "en"
