"""Conditions as small trees: each knows how it is written, and what it says of a lead.

None is unknown. Nothing here comes from the rulebook: this is what its documentation says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

Value = Decimal | str | bool | None


class Known(Protocol):
    """A lead as conditions see it."""

    @property
    def facts(self) -> dict[str, Value]:
        """Every fact and score by its name."""

    def touches(self, kind: str, days: int) -> Decimal:
        """How many touches of the kind there were within so many days."""

    def days_since(self, kind: str) -> Decimal | None:
        """How long ago the last touch of the kind was."""

    def is_persona(self, persona_id: str) -> bool | None:
        """Whether the person is of the persona."""


class Node(Protocol):
    """A part of a condition."""

    @property
    def binds(self) -> int:
        """How strongly its parts hold together; weaker parts stand in parentheses."""

    @property
    def text(self) -> str:
        """How it is written."""

    def of(self, lead: Known) -> Value:
        """What it says of the lead."""


OR, AND, NOT, COMPARED, SUM, PRODUCT, ATOM = range(7)


def within(node: Node, binds: int) -> str:
    """Return how the node is written as a part of what binds so strongly."""
    return node.text if node.binds >= binds else f"({node.text})"


def all_of(values: Sequence[Value]) -> bool | None:
    """Return whether all are true: one that is not settles it, whatever is unknown."""
    if False in values:
        return False
    return None if None in values else True


def any_of(values: Sequence[Value]) -> bool | None:
    """Return whether one is true: one that is settles it, whatever is unknown."""
    if True in values:
        return True
    return None if None in values else False


def negated(value: Value) -> bool | None:
    return None if value is None else not value


def compared(left: Value, sign: str, right: Value) -> bool | None:
    if left is None or right is None:
        return None
    if sign in ("=", "<>"):
        return (left == right) == (sign == "=")
    assert isinstance(left, Decimal)
    assert isinstance(right, Decimal)
    if sign in ("<", ">="):
        return (left < right) == (sign == "<")
    return (left > right) == (sign == ">")


@dataclass(frozen=True)
class Fact:
    name: str
    binds = ATOM

    @property
    def text(self) -> str:
        return self.name

    def of(self, lead: Known) -> Value:
        return lead.facts[self.name]


@dataclass(frozen=True)
class Constant:
    value: Decimal | str | bool
    binds = ATOM

    @property
    def text(self) -> str:
        if isinstance(self.value, str):
            return "'" + self.value.replace("'", "''") + "'"
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        return f"(- {-self.value})" if self.value < 0 else str(self.value)

    def of(self, lead: Known) -> Value:
        return self.value


@dataclass(frozen=True)
class Touches:
    kind: str
    days: int
    binds = ATOM

    @property
    def text(self) -> str:
        return f"touches('{self.kind}', {self.days})"

    def of(self, lead: Known) -> Value:
        return lead.touches(self.kind, self.days)


@dataclass(frozen=True)
class DaysSince:
    kind: str
    binds = ATOM

    @property
    def text(self) -> str:
        return f"days_since('{self.kind}')"

    def of(self, lead: Known) -> Value:
        return lead.days_since(self.kind)


@dataclass(frozen=True)
class IsPersona:
    persona_id: str
    binds = ATOM

    @property
    def text(self) -> str:
        return f"is_persona('{self.persona_id}')"

    def of(self, lead: Known) -> Value:
        return lead.is_persona(self.persona_id)


@dataclass(frozen=True)
class Both:
    parts: tuple[Node, ...]
    binds = AND

    @property
    def text(self) -> str:
        return " and ".join(within(part, NOT) for part in self.parts)

    def of(self, lead: Known) -> Value:
        return all_of([part.of(lead) for part in self.parts])


@dataclass(frozen=True)
class Either:
    parts: tuple[Node, ...]
    binds = OR

    @property
    def text(self) -> str:
        return " or ".join(within(part, AND) for part in self.parts)

    def of(self, lead: Known) -> Value:
        return any_of([part.of(lead) for part in self.parts])


@dataclass(frozen=True)
class Not:
    part: Node
    binds = NOT

    @property
    def text(self) -> str:
        return f"not {within(self.part, NOT)}"

    def of(self, lead: Known) -> Value:
        return negated(self.part.of(lead))


@dataclass(frozen=True)
class Compared:
    sign: str
    left: Node
    right: Node
    binds = COMPARED

    @property
    def text(self) -> str:
        return f"{within(self.left, SUM)} {self.sign} {within(self.right, SUM)}"

    def of(self, lead: Known) -> Value:
        return compared(self.left.of(lead), self.sign, self.right.of(lead))


@dataclass(frozen=True)
class Between:
    part: Node
    low: Node
    high: Node
    binds = COMPARED

    @property
    def text(self) -> str:
        part, low, high = (within(node, SUM) for node in (self.part, self.low, self.high))
        return f"{part} between {low} and {high}"

    def of(self, lead: Known) -> Value:
        value = self.part.of(lead)
        return all_of(
            (compared(value, ">=", self.low.of(lead)), compared(value, "<=", self.high.of(lead)))
        )


@dataclass(frozen=True)
class In:
    part: Node
    others: tuple[Node, ...]
    is_not: bool
    binds = COMPARED

    @property
    def text(self) -> str:
        word = "not in" if self.is_not else "in"
        return f"{within(self.part, SUM)} {word} ({', '.join(o.text for o in self.others)})"

    def of(self, lead: Known) -> Value:
        value = self.part.of(lead)
        found = any_of([compared(value, "=", other.of(lead)) for other in self.others])
        return negated(found) if self.is_not else found


@dataclass(frozen=True)
class Like:
    part: Node
    pattern: str
    in_any_case: bool
    is_not: bool
    binds = COMPARED

    @property
    def text(self) -> str:
        word = ("not " if self.is_not else "") + ("ilike" if self.in_any_case else "like")
        return f"{within(self.part, SUM)} {word} {Constant(self.pattern).text}"

    def of(self, lead: Known) -> Value:
        value = self.part.of(lead)
        if value is None:
            return None
        any_number, any_one = re.escape("%"), re.escape("_")
        pattern = re.escape(self.pattern).replace(any_number, ".*").replace(any_one, ".")
        flags = re.DOTALL | (re.IGNORECASE if self.in_any_case else 0)
        return (re.fullmatch(pattern, str(value), flags) is not None) != self.is_not


@dataclass(frozen=True)
class Is:
    part: Node
    value: bool | None
    is_not: bool
    binds = COMPARED

    @property
    def text(self) -> str:
        word = {None: "null", True: "true", False: "false"}[self.value]
        return f"{within(self.part, ATOM)} is {'not ' if self.is_not else ''}{word}"

    def of(self, lead: Known) -> Value:
        return (self.part.of(lead) is self.value) != self.is_not


@dataclass(frozen=True)
class Reckoned:
    sign: str
    left: Node
    right: Node

    @property
    def binds(self) -> int:
        return SUM if self.sign in "+-" else PRODUCT

    @property
    def text(self) -> str:
        return f"{within(self.left, self.binds)} {self.sign} {within(self.right, self.binds + 1)}"

    def of(self, lead: Known) -> Value:
        left, right = self.left.of(lead), self.right.of(lead)
        if left is None or right is None:
            return None
        assert isinstance(left, Decimal)
        assert isinstance(right, Decimal)
        if self.sign == "/":
            return left / right if right else None
        if self.sign == "*":
            return left * right
        return left + right if self.sign == "+" else left - right


@dataclass(frozen=True)
class Called:
    """A function of one value; what is unknown stays unknown."""

    name: str
    part: Node
    binds = ATOM

    @property
    def text(self) -> str:
        return (
            f"(- {within(self.part, ATOM)})"
            if self.name == "-"
            else f"{self.name}({self.part.text})"
        )

    def of(self, lead: Known) -> Value:
        value = self.part.of(lead)
        if value is None:
            return None
        if isinstance(value, Decimal):
            return abs(value) if self.name == "abs" else -value
        assert isinstance(value, str)
        if self.name == "length":
            return Decimal(len(value))
        return {"lower": value.lower(), "upper": value.upper(), "trim": value.strip(" ")}[self.name]


@dataclass(frozen=True)
class Coalesce:
    parts: tuple[Node, ...]
    binds = ATOM

    @property
    def text(self) -> str:
        return f"coalesce({', '.join(part.text for part in self.parts)})"

    def of(self, lead: Known) -> Value:
        return next((v for v in (part.of(lead) for part in self.parts) if v is not None), None)
