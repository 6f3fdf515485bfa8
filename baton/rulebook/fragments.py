"""SQL fragments that the rulebook's statement is put together from.

Nothing that a person wrote gets into a statement but through `quoted`, `named` and `numeral`.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sqlglot import exp

from baton.rulebook.agreement import FactType

AS_OF = "cast(:as_of as timestamptz)"

SQL_TYPES = {FactType.TEXT: "text", FactType.NUMBER: "numeric", FactType.BOOLEAN: "boolean"}

YES = ("true", "t", "yes", "y", "1", "on")
NO = ("false", "f", "no", "n", "0", "off")
# At most 15 digits, so that a number survives JSON and comes back equal (I8).
NUMBER_PATTERN = r"^[+-]?([0-9]{1,9}([.][0-9]{1,6})?|[0-9]{10,15})$"

# Of a day, in microseconds.
_THOUSANDTH = 86_400_000


def days_since(instant: str) -> str:
    """Return how many days before `AS_OF` the instant was, to a thousandth."""
    microseconds = f"cast(1e6 * tstzrange_subdiff({AS_OF}, {instant}) as bigint)"
    # Rounded in whole numbers: dividing decimals takes several times as long.
    return f"(({microseconds} + {_THOUSANDTH // 2}) / {_THOUSANDTH} * 0.001)"


def quoted(value: str) -> str:
    """Return a text as an SQL literal; a colon is kept from being read as a bound parameter."""
    return exp.Literal.string(value).sql(dialect="postgres").replace(":", "\\:")


def named(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return exp.to_identifier(name, quoted=True).sql(dialect="postgres")


def numeral(value: float) -> str:
    """Return a number as an SQL literal, written out, a negative one in parentheses."""
    # A whole number as one: the server adds integers faster than decimals.
    written = str(int(value)) if float(value).is_integer() else format(Decimal(str(value)), "f")
    return f"({written})" if value < 0 else written


def floats(values: Iterable[float | None]) -> str:
    """Return numbers as an SQL list of floats, to be asked for by place; None is NULL."""
    return _numbers((None if one is None else float(one) for one in values), "float8")


def bigints(values: Iterable[int | None]) -> str:
    """Return whole numbers as an SQL list, to be asked for by place; None is NULL."""
    return _numbers(values, "bigint")


def _numbers(values: Iterable[float | None], sql_type: str) -> str:
    written = ",".join("null" if one is None else repr(one) for one in values)
    return f"(cast('{{{written}}}' as {sql_type}[]))"


def listed(values: tuple[str, ...]) -> str:
    """Return texts as the inside of an SQL list."""
    return ", ".join(quoted(value) for value in values)


def text_or_null(expression: str) -> str:
    """Return the trimmed text; an empty one is NULL, unknown."""
    return f"nullif(btrim({expression}), '')"


def told(fact_type: FactType, name: str) -> str:
    """Return an answer of the lead `l`; most leads have none, and are not searched for any."""
    return f"case when l.told is not null then {read_as(fact_type, _of('l.told', name))} end"


def imported(fact_type: FactType, names: Iterable[str]) -> str:
    """Return the first of these columns that the lead `l` was imported with."""
    found = ", ".join(_of("l.imported", name) for name in names)
    return f"case when l.imported is not null then {read_as(fact_type, f'coalesce({found})')} end"


def _of(document: str, key: str) -> str:
    return f"({document} ->> {quoted(key)})"


def read_as(fact_type: FactType, raw: str) -> str:
    """Return an expression of the wanted type over a text; what cannot be read is NULL.

    Args:
        fact_type: What the fact is declared to be.
        raw: A text expression, such as a value out of jsonb.
    """
    clean = f"btrim({raw})"
    if fact_type is FactType.NUMBER:
        matches = f"{clean} ~ {quoted(NUMBER_PATTERN)}"
        return f"case when {matches} then cast({clean} as numeric) end"
    if fact_type is FactType.BOOLEAN:
        yes, no = listed(YES), listed(NO)
        word = f"lower({clean})"
        return f"case when {word} in ({yes}) then true when {word} in ({no}) then false end"
    return text_or_null(raw)
