"""Conditions: parsed, checked against a whitelist and a vocabulary, written anew as SQL.

Nothing is ever executed as written: the SQL is put together here from node types that are known,
names that the vocabulary has, and literals that are quoted anew. What is not known is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp, parse_one, tokenize
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import TokenType

from baton.errors import PredicateError
from baton.rulebook.agreement import FactType
from baton.rulebook.columns import Column
from baton.rulebook.facts import Vocabulary
from baton.rulebook.grammar import Checker
from baton.rulebook.limits import Limit, limits_of

MAX_CHARACTERS = 4000
MAX_NODES = 500
MAX_DEPTH = 60


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition that may run.

    Attributes:
        sql: A boolean SQL expression over the columns; true, false or NULL (unknown).
        reads: The columns that it reads, in the order they appear.
        scores: The scores that it reads; they are worked out, never stored facts.
        limits: At which values it turns as time goes by; None if that cannot be told.
    """

    sql: str
    reads: tuple[Column, ...] = ()
    scores: tuple[str, ...] = field(default=())
    limits: tuple[Limit, ...] | None = ()


def compile_predicate(text: str, vocabulary: Vocabulary) -> Predicate:
    """Return the condition as SQL that is safe to run.

    Raises:
        PredicateError: It does not parse, names something unknown, compares what cannot be
            compared, uses something outside the whitelist, or is too large.
    """
    tree = _parsed(text)
    _check_size(tree, text)
    checker = Checker(vocabulary, text)
    written = checker.write(tree)
    if written.type is not FactType.BOOLEAN:
        raise PredicateError(
            f"this is a {written.type.value}, and a condition must be true or false; "
            "compare it with something",
            0,
            len(text),
        )
    if not checker.reads and not checker.scores:
        raise PredicateError(
            "no fact is named here, so it says the same of every lead; name one", 0, len(text)
        )
    return Predicate(
        written.sql, tuple(checker.reads.values()), tuple(checker.scores), limits_of(tree)
    )


def _parsed(text: str) -> exp.Expr:
    if len(text) > MAX_CHARACTERS:
        raise PredicateError(
            f"a condition has at most {MAX_CHARACTERS} characters, this has {len(text)}; split it",
            0,
            MAX_CHARACTERS,
        )
    for place, character in enumerate(text):
        if (ord(character) < ord(" ") and character not in "\n\t\r") or _is_half(character):
            raise PredicateError("control characters are not allowed", place, place + 1)
    try:
        for token in tokenize(text, dialect="postgres"):
            # Nothing with brackets is allowed, and many of them take the parser seconds.
            if token.token_type is TokenType.L_BRACKET:
                raise PredicateError("[ is not allowed in a condition", token.start, token.end + 1)
        return parse_one(text, into=exp.Condition, dialect="postgres")
    except TokenError as error:
        raise PredicateError(
            "this cannot be read; is a quotation mark missing?", 0, len(text)
        ) from error
    except ParseError as error:
        start, end = _place(error, text)
        raise PredicateError(
            "this is not a condition; write for example: employees >= 50 and country = 'DE'",
            start,
            end,
        ) from error
    except RecursionError as error:
        raise PredicateError(
            f"conditions nest at most {MAX_DEPTH} deep; simplify it", 0, len(text)
        ) from error


def _is_half(character: str) -> bool:
    """Whether it is half of a UTF-16 pair, which no database takes."""
    return "\ud800" <= character <= "\udfff"


def _place(error: ParseError, text: str) -> tuple[int, int]:
    """Find where the parser stopped; it tells line and column of the end of what it refused."""
    for item in error.errors:
        word = item.get("highlight") or ""
        line, column = item.get("line"), item.get("col")
        if line and column is not None:
            starts = [0]
            for row in text.splitlines(keepends=True):
                starts.append(starts[-1] + len(row))
            end = min(starts[min(line, len(starts)) - 1] + column, len(text))
            return max(0, end - len(word)), end
    return 0, len(text)


def _check_size(tree: exp.Expr, text: str) -> None:
    nodes = 0
    rest = [(tree, 1)]
    while rest:
        node, depth = rest.pop()
        nodes += 1
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            raise PredicateError(
                f"a condition has at most {MAX_NODES} parts and nests at most {MAX_DEPTH} deep; "
                "split it into two criteria",
                0,
                len(text),
            )
        rest.extend((child, depth + 1) for child in node.iter_expressions())
