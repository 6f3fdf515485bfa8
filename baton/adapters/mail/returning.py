"""The day of return that an out-of-office answer names; where it is not clear, none."""

from __future__ import annotations

import re
from datetime import date, timedelta

import dateparser

# Language, and the words after which the day stands: first those that say "back", then "until".
_BACK: tuple[tuple[str, str], ...] = (
    (
        "en",
        (
            r"(back|return(ing)?|returns|available again|reachable again|mail again)"
            r"( (to|in|at) (the |my )?(office|desk|work))?( (on|from|by|in|at))?"
        ),
    ),
    (
        "de",
        (
            r"(ab|r\u00fcckkehr|zur\u00fcck|erreichbar)( (ist|bin))?"
            r"( wieder)?( (am|ab|ist))?( dem)?"
            r"|bin (ich )?(ab|am)"
        ),
    ),
    (
        "fr",
        (
            r"(de retour|je reviens|je rentre|mon retour|reprendrai|\u00e0 partir)"
            r"( (le|du|d\u00e8s le|\u00e0 partir du|au bureau le))?"
        ),
    ),
    (
        "es",
        (
            r"(vuelvo|volver\u00e9|regreso|regresar\u00e9|reincorporo|reincorporar\u00e9|de vuelta|"
            r"de regreso|a partir)( (el|del|a partir del))?"
        ),
    ),
    (
        "it",
        (
            r"(rientro|rientrer\u00f2|torno|torner\u00f2|di ritorno|a partire)"
            r"( (il|dal|in ufficio il))?"
        ),
    ),
    (
        "pt",
        (
            r"(volto|voltarei|regresso|regressarei|retorno|retornarei|a partir)"
            r"( (no dia|a|em|de|do dia))?"
        ),
    ),
    ("nl", r"(terug|weer bereikbaar|vanaf)( (op|vanaf|ben ik))?"),
    ("sv", r"(tillbaka|\u00e5ter)( (p\u00e5|den|fr\u00e5n))?"),
    ("da", r"(tilbage|retur)( (p\u00e5|den|fra))*"),
    ("pl", r"(wracam|wr\u00f3c\u0119|powr\u00f3t|od dnia)( (w|dnia|do biura))?"),
    ("cs", r"(vr\u00e1t\u00edm se|zp\u011bt)( (dne|v))?"),
)
_UNTIL: tuple[tuple[str, str], ...] = (
    ("en", r"(until|till|through|thru|up to|to)( and including)?"),
    ("de", r"bis( einschlie\u00dflich| einschl\.| inkl\.)?( zum)?"),
    ("fr", r"jusqu['\u2019]?\s?(au|\u00e0)"),
    ("es", r"hasta( el)?"),
    ("it", r"fino al?"),
    ("pt", r"at\u00e9( (o dia|ao dia|a))?"),
    ("nl", r"tot( en met)?"),
    ("sv", r"till( och med)?"),
    ("da", r"til( og med)?"),
    ("pl", r"do( dnia)?"),
    ("cs", r"do"),
)
_ARTICLES = r"[\s,:]*(?:(?:the|on|am|dem|den|le|el|il|op|p\u00e5|d\.|dne)\s+)*"
_WEEKDAY_BEFORE = r"[^\W\d]+(?:-feira)?\.?,?\s+(?:(?:the|den|dem|der|le|el|il|d\.)\s+)?"
# A day: 2025-06-15, 16/06/2025, 10.6., 16. Juni 2025, June 16th, 16 de junio de 2025, January 2026.
_DAY = (
    r"(?P<iso>\d{4}-\d{2}-\d{2})"
    r"|(?P<first>\d{1,2})(?P<sign>[./-])\s?(?P<second>\d{1,2})"
    r"(?:(?P=sign)\s?(?P<year>\d{4}|\d{2})?)?(?!\d)"
    r"|(?P<words>(?:\d{1,2}(?:st|nd|rd|th|er|:e|\u00ba|\.)?\s+(?:of\s+|de\s+|d['\u2019])?"
    r"[^\W\d]{3,12}"
    r"|[^\W\d]{3,12}\.?\s+\d{1,2}(?:st|nd|rd|th)?(?!\d))(?:,?\s+(?:de\s+)?\d{4})?"
    r"|[^\W\d]{3,12}\s+\d{4})"
)
_WEEKDAY = re.compile(
    r"(?:back|return(?:ing)?)(?:\s+in\s+the\s+office)?(?:\s+on|\s+this)?\s+"
    r"(?P<day>monday|tuesday|wednesday|thursday|friday)\b(?!,?\s*(?:the\s+)?[\dA-Z])",
    re.IGNORECASE,
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
# Year, month, day; then the word that it stands before: back at work, or until.
_JAPANESE = r"(?:(\d{4})\u5e74)?(\d{1,2})\u6708(\d{1,2})\u65e5(?:[(\uff08][^)\uff09]*[)\uff09])?"
_JAPANESE_BACK = re.compile(
    _JAPANESE
    + r"(?:\u306b|\u304b\u3089|\u3088\u308a)[^\u3002]{0,8}"
    + r"(?:\u51fa\u793e|\u5fa9\u5e30|\u623b|\u51fa\u52e4|\u5bfe\u5fdc)"
)
_JAPANESE_UNTIL = re.compile(_JAPANESE + r"\u307e\u3067")
_MAX_TEXT = 4000
_LONGEST_ABSENCE_DAYS = 550


def return_day(text: str, *, sent_on: date) -> date | None:
    """Return the day on which the writer says to be back, or until which to be away.

    Args:
        text: Subject and words of an automatic reply.
        sent_on: The day of the message; a day without a year is the next such day.

    Returns:
        None if no day is named, if the day can be read in two ways (06/07/2025), or if it is in
        the past or more than a year and a half ahead.
    """
    text = text[:_MAX_TEXT]
    for words, japanese in ((_BACK_WORDS, _JAPANESE_BACK), (_UNTIL_WORDS, _JAPANESE_UNTIL)):
        found = japanese.search(text)
        if found:
            return _plausible(_day(found[1], found[2], found[3], sent_on), sent_on)
        for language, pattern in words:
            for match in pattern.finditer(text):
                day = _plausible(_read(match, language, sent_on), sent_on)
                if day is not None:
                    return day
    return _next_weekday(text, sent_on)


def _compiled(words: tuple[tuple[str, str], ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return each pattern with a weekday before the day, then without: both can fit a text."""
    return tuple(
        (
            language,
            re.compile(
                rf"\b(?:{before}){_ARTICLES}{weekday}(?:{_DAY})",
                re.IGNORECASE,
            ),
        )
        for language, before in words
        for weekday in (_WEEKDAY_BEFORE, "")
    )


_BACK_WORDS, _UNTIL_WORDS = _compiled(_BACK), _compiled(_UNTIL)


def _read(match: re.Match[str], language: str, sent_on: date) -> date | None:
    if match["iso"]:
        return _date(*(int(part) for part in match["iso"].split("-")))
    if match["first"]:
        return _numbers(match, language, sent_on)
    return _in_words(match["words"], language, sent_on)


def _in_words(words: str, language: str, sent_on: date) -> date | None:
    """Read a day and the name of a month; the library knows the names, we say what is what."""
    month = max(re.findall(r"[^\W\d]+", words), key=len)
    year = re.search(r"\d{4}", words)
    day = re.search(r"(?<!\d)\d{1,2}(?!\d)", words)
    number = int(day[0]) if day else 1
    for one in (int(year[0]),) if year else (sent_on.year, sent_on.year + 1):
        found = dateparser.parse(
            f"{number} {month} {one}", languages=[language], settings={"REQUIRE_PARTS": ["month"]}
        )
        # It makes something of nearly everything: "16 juni" of Sweden is a day of the year 2016.
        if found is None or (found.year, found.day) != (one, number):
            return None
        named = date(found.year, found.month, found.day)
        if named >= sent_on:
            return named
    return None


def _numbers(match: re.Match[str], language: str, sent_on: date) -> date | None:
    first, second = match["first"], match["second"]
    if language == "en" and match["sign"] != ".":
        if int(first) <= 12 and int(second) <= 12 and first != second:  # noqa: PLR2004 (months)
            return None
        if int(second) > 12:  # noqa: PLR2004 (months)
            first, second = second, first
    year = match["year"]
    return _day(f"20{year}" if year and len(year) == 2 else year, second, first, sent_on)  # noqa: PLR2004


def _day(year: str | None, month: str, day: str, sent_on: date) -> date | None:
    if year:
        return _date(int(year), int(month), int(day))
    this = _date(sent_on.year, int(month), int(day))
    return this if this and this >= sent_on else _date(sent_on.year + 1, int(month), int(day))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _plausible(day: date | None, sent_on: date) -> date | None:
    if day is None or not 0 <= (day - sent_on).days <= _LONGEST_ABSENCE_DAYS:
        return None
    return day


def _next_weekday(text: str, sent_on: date) -> date | None:
    found = _WEEKDAY.search(text)
    if found is None:
        return None
    ahead = (_DAYS.index(found["day"].lower()) - sent_on.weekday() - 1) % 7 + 1
    return sent_on + timedelta(days=ahead)
