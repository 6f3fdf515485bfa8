"""Criteria that no lead can meet together, as far as simple means show it.

Looked at are the parts that `and` joins: a fact, or a count, compared with a constant. What stands
under `or`, or compares two facts, is left out; so everything found is a contradiction, and not
every contradiction is found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sqlglot import exp, parse_one

from baton.rulebook.agreement import Agreement, Criterion

Value = str | float | bool | None
_FLIPPED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.EQ: exp.EQ,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """What one part of a condition asks of one fact.

    Attributes:
        fact: The fact, or the count, as it is written.
        written: The part as it is written.
        low: The lowest number; `is_above` leaves it out itself.
        high: The highest number; `is_below` leaves it out itself.
        values: The only values; None for all.
    """

    fact: str
    written: str
    low: float = -math.inf
    high: float = math.inf
    is_above: bool = False
    is_below: bool = False
    values: frozenset[Value] | None = None

    def excludes(self, other: Limit) -> bool:
        """Whether no value satisfies both."""
        if self.values is not None and other.values is not None:
            return not self.values & other.values
        if self.values is not None:
            return not any(other.holds(value) for value in self.values)
        if other.values is not None:
            return other.excludes(self)
        low, high = max(self.low, other.low), min(self.high, other.high)
        return low > high or (low == high and not (self.holds(low) and other.holds(low)))

    def holds(self, value: Value) -> bool:
        """Whether a value is within the limits; an unknown one never is."""
        if value is None or isinstance(value, str | bool):
            return isinstance(value, str | bool) and not self.is_bounded
        above = value > self.low or (value == self.low and not self.is_above)
        below = value < self.high or (value == self.high and not self.is_below)
        return above and below

    @property
    def is_bounded(self) -> bool:
        """Whether it bounds a number."""
        return self.low > -math.inf or self.high < math.inf


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two parts that no lead satisfies together.

    Attributes:
        place: The criterion that holds the later part, by its number from 0.
        written: That part.
        other_id: The criterion that holds the earlier one; the same, it may be.
        other_written: That part.
    """

    place: int
    written: str
    other_id: str
    other_written: str


@dataclass(slots=True)
class _Seen:
    criterion: Criterion
    limit: Limit = field(repr=False)


def contradictions_of(agreement: Agreement) -> Iterator[Contradiction]:
    """Yield, for each criterion, what in it contradicts itself or a required criterion."""
    criteria = agreement.sales_qualified
    ordered = sorted(range(len(criteria)), key=lambda n: (not criteria[n].required, n))
    required: list[_Seen] = []
    for place in ordered:
        criterion = criteria[place]
        seen = list(required)
        for limit in limits_of(criterion.met_when):
            for other in seen:
                if other.limit.fact == limit.fact and other.limit.excludes(limit):
                    yield Contradiction(
                        place, limit.written, other.criterion.id, other.limit.written
                    )
                    break
            seen.append(_Seen(criterion, limit))
        if criterion.required:
            required = seen


def limits_of(condition: str) -> list[Limit]:
    """Return what a condition that may run asks of single facts, wherever it is met."""
    return list(_limits(parse_one(condition, into=exp.Condition, dialect="postgres")))


def _limits(node: exp.Expr) -> Iterator[Limit]:
    if isinstance(node, exp.Paren):
        yield from _limits(node.this)
    elif isinstance(node, exp.And):
        yield from _limits(node.this)
        yield from _limits(node.expression)
    else:
        limit = _limit(node)
        if limit is not None:
            yield replace(limit, written=_written(node))


def _limit(node: exp.Expr) -> Limit | None:
    if isinstance(node, exp.Column):
        return _only(node, True)
    if isinstance(node, exp.Not) and isinstance(node.this, exp.Column):
        return _only(node.this, False)
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return None if node.args.get("negate") else _only(node.this, None)
    if isinstance(node, exp.Between):
        low, high = _constant(node.args["low"]), _constant(node.args["high"])
        return _between(node.this, low, high)
    if isinstance(node, exp.In):
        values = [_constant(item) for item in node.expressions]
        return None if None in values else _only(node.this, *values)
    return _comparison(node)


def _comparison(node: exp.Expr) -> Limit | None:
    kind = type(node)
    if kind not in _FLIPPED:
        return None
    left, right = node.this, node.expression
    if _constant(left) is not None:
        left, right, kind = right, left, _FLIPPED[kind]
    value = _constant(right)
    if value is None or _constant(left) is not None:
        return None
    if kind is exp.EQ:
        return _only(left, value)
    if isinstance(value, str | bool):
        return None
    if kind in (exp.GT, exp.GTE):
        return Limit(_written(left), "", low=value, is_above=kind is exp.GT)
    return Limit(_written(left), "", high=value, is_below=kind is exp.LT)


def _only(node: exp.Expr, *values: Value) -> Limit:
    return Limit(_written(node), "", values=frozenset(values))


def _between(node: exp.Expr, low: Value, high: Value) -> Limit | None:
    if not isinstance(low, float) or not isinstance(high, float):
        return None
    return Limit(_written(node), "", low=low, high=high)


def _constant(node: exp.Expr) -> Value:
    """Return the value of a literal; None for everything else."""
    if isinstance(node, exp.Paren):
        return _constant(node.this)
    if isinstance(node, exp.Neg):
        value = _constant(node.this)
        return -value if isinstance(value, float) else None
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Literal):
        return str(node.this) if node.is_string else float(node.this)
    return None


def _written(node: exp.Expr) -> str:
    text: str = node.sql(dialect="postgres", normalize=True, normalize_functions="lower")
    return text.lower() if isinstance(node, exp.Column | exp.Anonymous) else text
