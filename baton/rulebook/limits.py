"""What in a condition changes by the mere passing of time, and at which value it turns.

Scores decay and days go by, so a verdict can turn without anything happening. A condition that
compares such a number with a constant turns when the number passes the constant; so the nightly
batch knows which leads to look at. Of any other use (two numbers compared, arithmetic) it cannot be
told: such a condition is restless, and its agreement is judged anew for every lead.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

_SCORES = ("warmth_points", "total_points")
_LAST_TOUCH = "days_since_last_touch"
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that moves by itself, and a value at which a condition turns.

    Attributes:
        subject: `warmth_points`, `total_points` or `days`: since the last touch of `kind`.
        value: In points or days.
        kind: Of which touch; None for any.
    """

    subject: str
    value: float
    kind: str | None = None


def limits_of(tree: exp.Expr) -> tuple[Limit, ...] | None:
    """Return at which values the condition turns by itself; None if it is restless.

    Args:
        tree: A condition that was checked: every name in it is known.
    """
    found: dict[Limit, None] = {}
    for node in tree.walk():
        moving = _moving(node)
        if moving is None:
            continue
        values = _compared_with(node)
        if values is None:
            return None
        found |= {Limit(moving[0], value, moving[1]): None for value in values}
    return tuple(found)


def _moving(node: exp.Expr) -> tuple[str, str | None] | None:
    if isinstance(node, exp.Column):
        name = node.name if node.this.args.get("quoted") else node.name.lower()
        if name in _SCORES:
            return name, None
        return ("days", None) if name == _LAST_TOUCH else None
    if isinstance(node, exp.Anonymous) and str(node.this).lower() == "days_since":
        return "days", str(node.expressions[0].this)
    return None


def _compared_with(node: exp.Expr) -> tuple[float, ...] | None:
    """Return the constants that the number is compared with; None if with anything else."""
    inner, outer = node, node.parent
    while isinstance(outer, exp.Paren) or (
        isinstance(outer, exp.Coalesce)
        and outer.this is inner
        and all(_constant(other) is not None for other in outer.expressions)
    ):
        inner, outer = outer, outer.parent
    if isinstance(outer, exp.Is):
        # Known or not known: time alone does not change that.
        return ()
    if isinstance(outer, _COMPARISONS):
        others = [outer.expression if outer.this is inner else outer.this]
    elif isinstance(outer, exp.Between) and outer.this is inner:
        others = [outer.args["low"], outer.args["high"]]
    elif isinstance(outer, exp.In) and outer.this is inner:
        others = outer.expressions
    else:
        return None
    values = [_constant(other) for other in others]
    if None in values:
        return None
    return tuple(value for value in values if value is not None)


def _constant(node: exp.Expr) -> float | None:
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Neg):
        value = _constant(node.this)
        return None if value is None else -value
    if isinstance(node, exp.Literal) and not node.is_string:
        return float(node.this)
    return None
