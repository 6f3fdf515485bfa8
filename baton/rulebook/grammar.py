"""What conditions are made of: the whitelist of node types, their types, and how each is written.

A node type that has no line in `Checker._writers` is refused, and so is any argument of a known
node that its writer does not name: a new version of the parser cannot let anything new through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import ClassVar

from sqlglot import exp

from baton.errors import PredicateError
from baton.rulebook.agreement import FactType
from baton.rulebook.columns import Column, days_since_column, fact_column, touches_column
from baton.rulebook.facts import SCORES, Vocabulary
from baton.rulebook.fragments import named, quoted
from baton.rulebook.points import TENTHS
from baton.rulebook.targets import IDEAL, Target

TEXT, NUMBER, BOOLEAN = FactType.TEXT, FactType.NUMBER, FactType.BOOLEAN
MAX_TEXT = 200
MAX_DAYS = 3650
FUNCTIONS = (
    "touches('kind', days)",
    "days_since('kind')",
    "is_persona('id')",
    "lower",
    "upper",
    "trim",
    "length",
    "abs",
    "coalesce",
)

_MOST_DIGITS = 15
_NUMERAL = re.compile(rf"[0-9]{{1,{_MOST_DIGITS}}}(\.[0-9]{{1,6}})?")
_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
}
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}
_TEXT_FUNCTIONS: dict[type[exp.Expr], str] = {
    exp.Lower: "lower",
    exp.Upper: "upper",
    exp.Trim: "btrim",
}
_SCORE_NAMES = frozenset(fact.name for fact in SCORES)


@dataclass(frozen=True, slots=True)
class Written:
    """An expression written anew, with its type.

    Attributes:
        sql: The expression.
        type: What its values are.
        is_integer: True where PostgreSQL works it out in integers, which can overflow.
        tenths: The same number in tenths, of a score or a number that stands there: whole numbers
            are compared several times as fast.
    """

    sql: str
    type: FactType
    is_integer: bool = False
    tenths: str = ""


class Checker:
    """Writes one condition's tree as SQL, and keeps which facts it reads.

    Attributes:
        reads: The columns read so far, by key.
        scores: The scores read so far.
    """

    def __init__(self, vocabulary: Vocabulary, text: str) -> None:
        self.reads: dict[str, Column] = {}
        self.scores: dict[str, None] = {}
        self._vocabulary = vocabulary
        self._text = text

    def write(self, node: exp.Expr) -> Written:
        """Return the node as SQL, in parentheses where it is made of parts.

        Raises:
            PredicateError: The node, or something in it, is not allowed.
        """
        if node.comments:
            raise self._refusal(node, "comments are not allowed inside a condition; use YAML's #")
        writer = self._writers.get(type(node))
        if writer is None:
            what = node.key.replace("_", " ").upper()
            raise self._refusal(
                node,
                f"{what} is not allowed in a condition; allowed are and, or, not, comparisons, "
                f"between, in (list), is [not] null, like, + - * / and {', '.join(FUNCTIONS)}",
            )
        return writer(self, node)

    def _refusal(self, node: exp.Expr, message: str) -> PredicateError:
        places = [
            (part.meta["start"], part.meta["end"] + 1)
            for part in node.walk()
            if "start" in part.meta and "end" in part.meta
        ]
        if not places:
            return PredicateError(message, 0, len(self._text))
        return PredicateError(message, min(p[0] for p in places), max(p[1] for p in places))

    def _only(self, node: exp.Expr, *allowed: str) -> None:
        for name, value in node.args.items():
            if name not in allowed and value:
                raise self._refusal(node, f"{name.replace('_', ' ')} is not allowed here")

    def _wanted(self, node: exp.Expr, wanted: FactType, where: str) -> str:
        return self._of_type(node, wanted, where).sql

    def _of_type(self, node: exp.Expr, wanted: FactType, where: str) -> Written:
        written = self.write(node)
        if written.type is not wanted:
            raise self._refusal(
                node, f"{where} wants a {wanted.value}, and this is a {written.type.value}"
            )
        return written

    def _paren(self, node: exp.Expr) -> Written:
        self._only(node, "this")
        return self.write(node.this)

    def _junction(self, node: exp.Expr) -> Written:
        self._only(node, "this", "expression")
        word = "and" if isinstance(node, exp.And) else "or"
        left = self._wanted(node.this, BOOLEAN, word)
        right = self._wanted(node.expression, BOOLEAN, word)
        return Written(f"({left} {word} {right})", BOOLEAN)

    def _not(self, node: exp.Expr) -> Written:
        self._only(node, "this")
        return Written(f"(not {self._wanted(node.this, BOOLEAN, 'not')})", BOOLEAN)

    def _comparison(self, node: exp.Expr) -> Written:
        self._only(node, "this", "expression")
        left, right = self.write(node.this), self.write(node.expression)
        sign = _COMPARISONS[type(node)]
        self._check_same(node, left, right)
        if sign not in ("=", "<>") and left.type is not NUMBER:
            raise self._refusal(node, f"{sign} compares numbers, and these are {left.type.value}s")
        if left.tenths and right.tenths:
            return Written(f"({left.tenths} {sign} {right.tenths})", BOOLEAN)
        return Written(f"({left.sql} {sign} {right.sql})", BOOLEAN)

    def _check_same(self, node: exp.Expr, left: Written, right: Written) -> None:
        if left.type is not right.type:
            raise self._refusal(
                node,
                f"a {left.type.value} cannot be compared with a {right.type.value}; "
                "texts stand in 'single quotes', numbers do not, and true or false are bare",
            )

    def _between(self, node: exp.Expr) -> Written:
        self._only(node, "this", "low", "high")
        parts = [
            self._wanted(node.args[name], NUMBER, "between") for name in ("this", "low", "high")
        ]
        return Written(f"({parts[0]} between {parts[1]} and {parts[2]})", BOOLEAN)

    def _in(self, node: exp.Expr) -> Written:
        self._only(node, "this", "expressions")
        if not node.expressions:
            raise self._refusal(node, "in (...) needs at least one value")
        value = self.write(node.this)
        others = []
        for item in node.expressions:
            written = self.write(item)
            self._check_same(item, value, written)
            others.append(written.sql)
        return Written(f"({value.sql} in ({', '.join(others)}))", BOOLEAN)

    def _is(self, node: exp.Expr) -> Written:
        self._only(node, "this", "expression", "negate")
        words = "is not" if node.args.get("negate") else "is"
        wanted = node.expression
        if isinstance(wanted, exp.Not):
            words, wanted = "is not", wanted.this
        if isinstance(wanted, exp.Null):
            return Written(f"({self.write(node.this).sql} {words} null)", BOOLEAN)
        if isinstance(wanted, exp.Boolean):
            value = self._wanted(node.this, BOOLEAN, "is true, is false")
            return Written(f"({value} {words} {'true' if wanted.this else 'false'})", BOOLEAN)
        raise self._refusal(node, "after `is` comes null, true or false")

    def _like(self, node: exp.Expr) -> Written:
        self._only(node, "this", "expression", "negate")
        value = self._wanted(node.this, TEXT, "like")
        pattern = node.expression
        if not (isinstance(pattern, exp.Literal) and pattern.is_string):
            raise self._refusal(node, "after `like` comes a text in quotes, such as '%sales%'")
        if "\\" in pattern.this:
            raise self._refusal(pattern, "a backslash is not allowed in a pattern")
        word = "like" if isinstance(node, exp.Like) else "ilike"
        negated = "not " if node.args.get("negate") else ""
        return Written(f"({value} {negated}{word} {self.write(pattern).sql})", BOOLEAN)

    def _arithmetic(self, node: exp.Expr) -> Written:
        self._only(node, "this", "expression")
        sign = _ARITHMETIC[type(node)]
        left = self._of_type(node.this, NUMBER, sign)
        right = self._of_type(node.expression, NUMBER, sign)
        if left.is_integer and right.is_integer:
            # Too large a result is a number like another, never an error that stops a batch.
            return Written(f"(cast({left.sql} as numeric) {sign} {right.sql})", NUMBER)
        return Written(f"({left.sql} {sign} {right.sql})", NUMBER)

    def _division(self, node: exp.Expr) -> Written:
        self._only(node, "this", "expression", "typed", "safe")
        left = self._wanted(node.this, NUMBER, "/")
        right = self._wanted(node.expression, NUMBER, "/")
        # What is divided by nothing is unknown, never an error that stops a batch.
        return Written(f"(cast({left} as numeric) / nullif({right}, 0))", NUMBER)

    def _negative(self, node: exp.Expr) -> Written:
        self._only(node, "this")
        number = self._of_type(node.this, NUMBER, "-")
        return Written(f"(- {number.sql})", NUMBER, number.is_integer)

    def _literal(self, node: exp.Expr) -> Written:
        self._only(node, "this", "is_string")
        value: str = node.this
        if node.args.get("is_string"):
            if len(value) > MAX_TEXT:
                raise self._refusal(node, f"a text has at most {MAX_TEXT} characters")
            return Written(quoted(value), TEXT)
        if not _NUMERAL.fullmatch(value):
            raise self._refusal(node, "a number is written out, with at most 15 digits: 1200.5")
        # One more digit than a literal may have would be one too many.
        tenths = format(Decimal(value).scaleb(1), "f") if len(value) < _MOST_DIGITS else ""
        return Written(value, NUMBER, "." not in value, tenths)

    def _boolean(self, node: exp.Expr) -> Written:
        self._only(node, "this")
        return Written("true" if node.this else "false", BOOLEAN)

    def _null(self, node: exp.Expr) -> Written:
        raise self._refusal(node, "null stands only after `is` or `is not`: needs is null")

    def _fact(self, node: exp.Expr) -> Written:
        self._only(node, "this")
        identifier = node.this
        if not isinstance(identifier, exp.Identifier):
            raise self._refusal(node, "this is not the name of a fact")
        name = identifier.this if identifier.args.get("quoted") else identifier.this.lower()
        fact = self._vocabulary.facts.get(name)
        if fact is None:
            if name == IDEAL:
                raise self._refusal(
                    node, "the agreement does not say who the ideal customer is; add ideal_customer"
                )
            if name in _SCORE_NAMES:
                raise self._refusal(node, f"{name} is not known yet where fit is scored")
            raise self._refusal(
                node, f"there is no fact '{name}'{_nearest(name, self._vocabulary.facts)}"
            )
        if name == IDEAL:
            return self._target(self._vocabulary.targets[IDEAL])
        if name in _SCORE_NAMES:
            self.scores[name] = None
            return Written(fact.live, fact.type, tenths=TENTHS[name])
        self.reads[name] = fact_column(fact)
        return Written(named(name), fact.type)

    def _target(self, target: Target) -> Written:
        for name in target.facts:
            self.reads[name] = fact_column(self._vocabulary.facts[name])
        return Written(target.sql, BOOLEAN)

    def _persona(self, node: exp.Expr) -> Written:
        personas = [name for name in self._vocabulary.targets if name != IDEAL]
        name = self._text_argument(node, "is_persona('economic-buyer')", 1)
        if name not in personas:
            near = get_close_matches(name, personas, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "add it under personas"
            raise self._refusal(node.expressions[0], f"there is no persona '{name}'; {hint}")
        return self._target(self._vocabulary.targets[name])

    def _text_function(self, node: exp.Expr) -> Written:
        self._only(node, "this")
        word = _TEXT_FUNCTIONS[type(node)]
        return Written(f"{word}({self._wanted(node.this, TEXT, word)})", TEXT)

    def _length(self, node: exp.Expr) -> Written:
        self._only(node, "this")
        length = f"length({self._wanted(node.this, TEXT, 'length')})"
        return Written(length, NUMBER, is_integer=True)

    def _absolute(self, node: exp.Expr) -> Written:
        self._only(node, "this")
        number = self._of_type(node.this, NUMBER, "abs")
        return Written(f"abs({number.sql})", NUMBER, number.is_integer)

    def _coalesce(self, node: exp.Expr) -> Written:
        self._only(node, "this", "expressions")
        first = self.write(node.this)
        parts = [first]
        for item in node.expressions:
            written = self.write(item)
            self._check_same(item, first, written)
            parts.append(written)
        is_integer = all(part.is_integer for part in parts)
        return Written(f"coalesce({', '.join(p.sql for p in parts)})", first.type, is_integer)

    def _call(self, node: exp.Expr) -> Written:
        self._only(node, "this", "expressions")
        name = str(node.this).lower()
        if name == "touches":
            kind = self._kind(node, "touches('webinar', 30)", 2)
            column = touches_column(kind, self._days(node))
        elif name == "is_persona":
            return self._persona(node)
        elif name == "days_since":
            column = days_since_column(self._kind(node, "days_since('webinar')", 1))
        else:
            raise self._refusal(
                node, f"there is no function '{name}'; there are {', '.join(FUNCTIONS)}"
            )
        self.reads[column.key] = column
        written = named(column.key)
        return Written(f"coalesce({written}, 0)" if column.is_number_of else written, NUMBER)

    def _text_argument(self, node: exp.Expr, example: str, count: int) -> str:
        """Return the first of so many arguments, which must be a text."""
        arguments = node.expressions
        if (
            len(arguments) != count
            or not isinstance(arguments[0], exp.Literal)
            or not arguments[0].is_string
        ):
            raise self._refusal(node, f"this is written like {example}")
        value: str = arguments[0].this
        return value

    def _kind(self, node: exp.Expr, example: str, count: int) -> str:
        kind = self._text_argument(node, example, count)
        if kind not in self._vocabulary.touch_kinds:
            near = _nearest(kind, self._vocabulary.touch_kinds)
            raise self._refusal(
                node.expressions[0],
                f"there is no kind of touch '{kind}'{near}; a new kind gets its points in "
                "scoring.warmth first",
            )
        return kind

    def _days(self, node: exp.Expr) -> int:
        days = node.expressions[1]
        if isinstance(days, exp.Literal) and not days.is_string and days.this.isdecimal():
            number = int(days.this)
            if 1 <= number <= MAX_DAYS:
                return number
        raise self._refusal(
            days, f"the days in touches('kind', days) are a whole number from 1 to {MAX_DAYS}"
        )

    _writers: ClassVar[dict[type, Callable[[Checker, exp.Expr], Written]]] = {
        exp.Paren: _paren,
        exp.And: _junction,
        exp.Or: _junction,
        exp.Not: _not,
        **dict.fromkeys(_COMPARISONS, _comparison),
        exp.Between: _between,
        exp.In: _in,
        exp.Is: _is,
        exp.Like: _like,
        exp.ILike: _like,
        **dict.fromkeys(_ARITHMETIC, _arithmetic),
        exp.Div: _division,
        exp.Neg: _negative,
        exp.Literal: _literal,
        exp.Boolean: _boolean,
        exp.Null: _null,
        exp.Column: _fact,
        **dict.fromkeys(_TEXT_FUNCTIONS, _text_function),
        exp.Length: _length,
        exp.Abs: _absolute,
        exp.Coalesce: _coalesce,
        exp.Anonymous: _call,
    }


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else "; 'baton rules facts' lists what there is"
