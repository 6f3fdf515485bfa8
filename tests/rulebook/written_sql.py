"""Reads SQL that conditions were written as, without any of the code that wrote it."""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlalchemy import create_engine, text

TOKEN = re.compile(
    r"""(?P<space>[ ])
      | (?P<name>"(?:[^"]|"")*")
      | (?P<text>'(?:[^']|'')*')
      | (?P<number>[0-9]+(?:[.][0-9]+)?)
      | (?P<word>[A-Za-z_][A-Za-z_0-9]*)
      | (?P<sign><>|<=|>=|[-+*/=<>(),])""",
    re.VERBOSE,
)
# It never connects.
PSYCOPG = create_engine("postgresql+psycopg://").dialect
NUMBER = r"[0-9]{1,15}([.][0-9]{1,6})?"
FUNCTIONS = {"lower", "upper", "btrim", "length", "abs", "coalesce", "cast", "nullif", "strpos"}
WORDS = {"and", "or", "not", "between", "in", "is", "null", "true", "false", "like", "ilike", "as"}


def tokens_of(sql: str) -> list[tuple[str, str]]:
    """Return each token with its kind, spaces left out.

    Raises:
        AssertionError: A character belongs to no token, or two tokens touch that would be read
            otherwise together: `--`, a word before a quotation mark, a number before a letter.
    """
    found: list[tuple[str, str]] = []
    place, last = 0, " "
    while place < len(sql):
        match = TOKEN.match(sql, place)
        assert match is not None, f"no token at {place}: {sql}"
        kind, token = str(match.lastgroup), match.group()
        assert {last, token} & set(" (),"), f"{last} touches {token}: {sql}"
        if kind != "space":
            found.append((kind, token))
        place, last = match.end(), token
    return found


def why_unsafe(sql: str, names: Collection[str]) -> str | None:
    """Return the first reason why the SQL is more than a condition over the names; None if none.

    It holds nothing but the names in double quotes, texts in single quotes, plain numbers, and
    the few words, functions and signs that conditions are written with; and SQLAlchemy sends it
    as it stands, with no parameter.
    """
    try:
        tokens = tokens_of(sql)
    except AssertionError as error:
        return str(error)
    following = [*tokens[1:], ("", "")]
    leading = [("", ""), *tokens[:-1]]
    for before, (kind, token), after in zip(leading, tokens, following, strict=True):
        reason = _why_wrong(kind, token, before, after, names)
        if reason is not None:
            return reason
    return _why_sent_otherwise(sql)


def _why_wrong(
    kind: str, token: str, before: tuple[str, str], after: tuple[str, str], names: Collection[str]
) -> str | None:
    if kind == "word":
        return _why_wrong_word(token, before, after)
    faults = {
        f"{token} is no name": kind == "name"
        and token[1:-1].replace('""', '"') not in names
        and (before, token) != (("word", "collate"), '"C"'),
        f"{token} is too long": kind == "number" and not re.fullmatch(NUMBER, token),
        f"{token} holds a parameter": kind == "text" and ":" in token.replace("\\:", ""),
        f"{token} follows {before[1]}": kind == "text" and before[0] in ("text", "name", "number"),
    }
    return next((fault for fault, is_found in faults.items() if is_found), None)


def _why_wrong_word(token: str, before: tuple[str, str], after: tuple[str, str]) -> str | None:
    if token in FUNCTIONS:
        return None if after[1] == "(" else f"{token} without ("
    if token == "numeric":
        return None if before[1] == "as" and after[1] == ")" else "numeric outside a cast"
    if token == "collate":
        return None if after == ("name", '"C"') else "collate as who knows what"
    return None if token in WORDS else f"{token} is no word of conditions"


def _why_sent_otherwise(sql: str) -> str | None:
    sent = text(sql).compile(dialect=PSYCOPG)
    if sent.params:
        return f"parameters: {sorted(sent.params)}"
    if str(sent).replace("%%", "%") != sql.replace("\\:", ":"):
        return f"sent as {sent}"
    return None
