"""Agreements made at random from a seed: every kind of rule, and conditions over every fact."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from baton.rulebook.facts import TOUCH_KINDS
from tests.rulebook.documents import content
from tests.rulebook.expressions import (
    Between,
    Both,
    Called,
    Coalesce,
    Compared,
    Constant,
    DaysSince,
    Either,
    Fact,
    In,
    Is,
    IsPersona,
    Like,
    Node,
    Not,
    Reckoned,
    Touches,
)
from tests.rulebook.oracle import LEAD_TEXTS, TOLD, Agreed

# A kind that only the agreement knows, and a column whose values are read as any type.
KINDS = (*TOUCH_KINDS, "trade_show")
OWN_FACTS = {"fleet_size": "Fleet size", "segment": "segment", "is_partner": "Partner?"}
# The words that random leads' texts are made of, so that comparisons are met now and then.
TEXTS = {
    "title": ("CEO", "CTO", "Director of Sales", "VP Marketing", "R&D lead", "Sales intern"),
    "seniority": ("c_level", "vp", "manager", "student", "VP"),
    "function": ("sales", "it", "finance"),
    "country": ("DE", "US", "FR", "ZA"),
    "account_country": ("DE", "US", "FR", "ZA"),
    "industry": ("software", "Retail", "public sector"),
    "segment": ("a", "B", "O'Brien", ":as_of", "100%"),
    "mixed": ("1", "yes", "0", "2.5", "no"),
    "domain": ("acme.example", "b.example"),
}
ANY_TEXT = ("x", "needs_it", "It's 5:30", "漢字", "Next Quarter", "100%", "two\nlines")
COUNTRIES = ("DE", "AT", "US", "GB", "FR", "ZA")
NUMBERS = {
    "employees": (0, 1, 10, 49, 50, 250, 5000),
    "revenue_usd": (0, 100_000, 5_000_000, 2_000_000_000),
    "fleet_size": (-1, 0, "2.5", 3, 40),
    "starts_within_months": (0, 1, 3, 6, 12),
    "mixed": (0, 1, "2.5"),
    "days_since_last_touch": ("0.003", "0.5", 7, 30, 365),
    "fit_points": (-5, 0, 10, "12.5", 25),
    "warmth_points": (-3, 0, "1.5", 8, 20),
    "total_points": (0, 10, "20.5", 40),
}


class Writer:
    """Writes conditions at random; every one names a fact."""

    def __init__(self, dice: Random, types: dict[str, str], personas: list[str]) -> None:
        self.dice = dice
        self.personas = personas
        self.names = {
            kind: [name for name, its in types.items() if its == kind]
            for kind in ("text", "number", "boolean")
        }

    def condition(self, depth: int = 3) -> Node:
        """Return a condition of at most so many levels."""
        dice = self.dice
        if depth == 0 or dice.random() < 0.2:
            return self._simple()
        kinds: list[tuple[Callable[[], Node], int]] = [
            (lambda: Both(self._some(depth)), 5),
            (lambda: Either(self._some(depth)), 5),
            (lambda: Not(self.condition(depth - 1)), 2),
            (
                lambda: Is(self.condition(depth - 1), dice.choice((True, False, None)), self._or()),
                1,
            ),
            (lambda: Coalesce((self.condition(depth - 1), self._yes_or_no())), 1),
            (lambda: Compared(self._same(), self.condition(depth - 1), self._yes_or_no()), 1),
        ]
        makers = [maker for maker, weight in kinds for _ in range(weight)]
        return dice.choice(makers)()

    def _some(self, depth: int) -> tuple[Node, ...]:
        return tuple(self.condition(depth - 1) for _ in range(self.dice.choice((2, 2, 3))))

    def _or(self) -> bool:
        return self.dice.random() < 0.4

    def _same(self) -> str:
        return self.dice.choice(("=", "<>"))

    def _yes_or_no(self) -> Node:
        return self.dice.choice((Constant(True), Constant(False), self._flag()))

    def _flag(self) -> Node:
        if self.personas and self.dice.random() < 0.15:
            return IsPersona(self.dice.choice(self.personas))
        return Fact(self.dice.choice(self.names["boolean"]))

    def _simple(self) -> Node:
        return self.dice.choice(
            (self._flag, self._flag, self._of_text, self._of_text, self._of_number, self._of_number)
        )()

    def _of_text(self) -> Node:
        dice = self.dice
        name = dice.choice(self.names["text"])
        words = list(TEXTS.get(name, ANY_TEXT))
        part: Node = Fact(name)
        if dice.random() < 0.3:
            called = dice.choice(("lower", "upper", "trim"))
            part = Called(called, part)
            words = [str(getattr(word, called.replace("trim", "strip"))()) for word in words]
        if dice.random() < 0.15:
            other = Fact(dice.choice(self.names["text"]))
            part = Coalesce((part, other, Constant(dice.choice(words))))
        others: list[Node] = [*map(Constant, words), Fact(dice.choice(self.names["text"]))]
        makers: tuple[Callable[[], Node], ...] = (
            lambda: Compared(self._same(), part, dice.choice(others)),
            lambda: In(part, tuple(dice.sample(others, dice.choice((1, 2, 3)))), self._or()),
            lambda: Like(part, self._pattern(dice.choice(words)), self._or(), self._or()),
            lambda: Is(part, None, self._or()),
        )
        return dice.choice(makers)()

    def _pattern(self, word: str) -> str:
        """Return a pattern that fits the word, perhaps but for its case."""
        dice, cut = self.dice, self.dice.randint(0, len(word))
        kept = dice.choice((word, word.lower(), word.upper()))
        return dice.choice((f"{kept[:cut]}%", f"%{kept[cut:]}", f"{kept[:cut]}_%", kept, "%"))

    def _of_number(self) -> Node:
        dice = self.dice
        part, values = self._number()
        limits = [Constant(Decimal(value)) for value in values]
        makers: tuple[Callable[[], Node], ...] = (
            lambda: Compared(dice.choice(("<", "<=", ">", ">=")), part, dice.choice(limits)),
            lambda: Compared(dice.choice(("=", "<>", "<", ">=")), part, dice.choice(limits)),
            lambda: Between(part, *sorted(dice.sample(limits, 2), key=lambda limit: limit.value)),
            lambda: Between(part, dice.choice(limits), Fact(dice.choice(self.names["number"]))),
            lambda: In(part, tuple(dice.sample(limits, 2)), self._or()),
            lambda: Is(part, None, self._or()),
        )
        return dice.choice(makers)()

    def _number(self) -> tuple[Node, tuple[Any, ...]]:
        """Return a number with values that it may have."""
        dice = self.dice
        one, values = self._measure()
        other = self._measure()[0]
        if dice.random() < 0.4:
            return one, values
        makers: tuple[Callable[[], tuple[Node, tuple[Any, ...]]], ...] = (
            # A quotient is only compared: how many digits of it there are is nobody's business.
            lambda: (Reckoned("/", one, other), (0, "0.5", 1, 10, 1000)),
            lambda: (Reckoned(dice.choice("+-"), one, self._reckoned()), values),
            lambda: (Reckoned("*", self._reckoned(), one), values),
            lambda: (Called("abs", Reckoned("-", one, Constant(Decimal(values[1])))), values),
            lambda: (Coalesce((one, other, Constant(Decimal(values[0])))), values),
            lambda: (Called("-", one), (0, -1, *(-Decimal(value) for value in values))),
            lambda: (Called("length", Fact(dice.choice(self.names["text"]))), (1, 3, 5, 12)),
        )
        return dice.choice(makers)()

    def _reckoned(self) -> Node:
        """Return a number made of others without dividing."""
        dice = self.dice
        one = (
            self._measure()[0]
            if dice.random() < 0.7
            else Constant(Decimal(dice.choice((2, "0.5"))))
        )
        if dice.random() < 0.5:
            return one
        return Reckoned(dice.choice("+-*"), one, self._measure()[0])

    def _measure(self) -> tuple[Node, tuple[Any, ...]]:
        dice = self.dice
        match dice.randrange(6):
            case 0 | 1:
                return Touches(dice.choice(KINDS), dice.choice((1, 7, 30, 365))), (0, 1, 2, 3)
            case 2:
                return DaysSince(dice.choice(KINDS)), ("0.003", "0.5", 7, 30, 365)
            case _:
                name = dice.choice(self.names["number"])
                return Fact(name), NUMBERS[name]


def random_agreement(seed: int) -> Agreed:
    """Return an agreement that may be signed, the same for the same seed."""
    dice = Random(seed)
    data = content()
    data["facts"], types = _facts(dice)
    data["personas"] = [_persona(dice, number) for number in range(dice.randrange(3))]
    if dice.random() < 0.7:
        data["ideal_customer"] = _ideal(dice)
        types["in_ideal_customer"] = "boolean"
    writer = Writer(dice, types, [persona["id"] for persona in data["personas"]])
    fit = [writer.condition() for _ in range(dice.randint(2, 5))]
    data["scoring"] = _scoring(dice, fit)
    writer.names["number"] += ["fit_points", "warmth_points", "total_points"]
    criteria = [writer.condition() for _ in range(dice.randint(3, 7))]
    data["sales_qualified"], data["sales_qualified_groups"] = _criteria(dice, criteria)
    marketing = writer.condition()
    data["marketing_qualified"] = {"met_when": marketing.text}
    return Agreed(data, fit, marketing, criteria)


def _facts(dice: Random) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Return the agreement's own facts, and the types of all facts by name."""
    mixed = dice.choice(("text", "number", "boolean"))
    own = {"fleet_size": "number", "segment": "text", "is_partner": "boolean", "mixed": mixed}
    facts = [{"name": name, "type": kind, "meaning": "Own."} for name, kind in own.items()]
    for fact in facts:
        if fact["name"] in OWN_FACTS:
            fact["column"] = OWN_FACTS[fact["name"]]
    texts = (*LEAD_TEXTS, "industry", "account_country", "country", "domain")
    numbers = ("employees", "revenue_usd", "days_since_last_touch")
    flags = ("has_email", "has_phone", "free_mail", "role_address", "requested_demo", "attended")
    types = dict.fromkeys(texts, "text") | dict.fromkeys(numbers, "number")
    return facts, types | dict.fromkeys(flags, "boolean") | TOLD | own


def _persona(dice: Random, number: int) -> dict[str, Any]:
    persona: dict[str, Any] = {
        "id": f"persona-{number}",
        "name": "Somebody",
        "titles": dice.sample(("CEO", "cto", "R&D lead", "sales", "Director"), dice.randint(1, 3)),
    }
    for key, name in (("seniority", "seniority"), ("functions", "function")):
        if dice.random() < 0.4:
            persona[key] = dice.sample(TEXTS[name], 2)
    return persona


def _ideal(dice: Random) -> dict[str, Any]:
    ideal: dict[str, Any] = {
        "industries": dice.sample(TEXTS["industry"], 2),
        "employees": dice.choice(
            ({"at_least": 10}, {"at_most": 250.5}, {"at_least": 1, "at_most": 50})
        ),
        "revenue_usd": {"at_least": dice.choice((0, 100_000, 5_000_000))},
        "regions": [
            {"name": "Here", "countries": dice.sample(COUNTRIES, 3)},
            {"name": "There", "countries": dice.sample(COUNTRIES, 2)},
        ],
    }
    kept = dice.sample(sorted(ideal), dice.randint(1, 3))
    return {key: ideal[key] for key in kept}


def _scoring(dice: Random, fit: list[Node]) -> dict[str, Any]:
    points = [
        dice.choice((20, 12.5, 7.25, 10.05, 3)) * (-1 if place and place % 3 == 0 else 1)
        for place, _ in enumerate(fit)
    ]
    rules = [
        {"id": f"fit-{place}", "name": "Fits", "when": condition.text, "points": given}
        for place, (condition, given) in enumerate(zip(fit, points, strict=True))
    ]
    kinds = {"trade_show": None} | dict.fromkeys(dice.sample(KINDS, dice.randint(2, 6)))
    warmth = [_warmth(dice, kind, place) for place, kind in enumerate(kinds)]
    most = sum(given for given in points if given > 0)
    most += sum(rule["cap"] for rule in warmth if rule["cap"] > 0)
    hand_off_at = round(most * dice.choice((-0.2, 0, 0.1, 0.2, 0.4)), 1)
    return {
        "fit": rules,
        "warmth": warmth,
        "fit_floor": dice.choice((-20, -5.5, 0, points[0], points[0])),
        "warmth_floor": dice.choice((-20, 0, 0, 0.5)),
        "hand_off_at": hand_off_at,
        "hot_at": round(dice.uniform(hand_off_at, hand_off_at + (most - hand_off_at) / 2), 1),
    }


def _warmth(dice: Random, kind: str, place: int) -> dict[str, Any]:
    sign = -1 if place and dice.random() < 0.3 else 1
    points = dice.choice((0.5, 1.5, 3, 10, 7.35))
    cap = round(points * dice.choice((0.5, 1, 2.5, 8)), 2)
    half_life = dice.choice((0.5, 3, 7.5, 30, 400))
    return {
        "touch": kind,
        "name": kind,
        "points": sign * points,
        "cap": sign * cap,
        "half_life_days": half_life,
    }


def _criteria(dice: Random, conditions: list[Node]) -> tuple[list[Any], list[Any]]:
    criteria = [
        {
            "id": f"c-{n}",
            "name": "Criterion",
            "ask": "?",
            "met_when": condition.text,
            "required": dice.random() < 0.25,
        }
        for n, condition in enumerate(conditions)
    ]
    optional = [criterion["id"] for criterion in criteria if not criterion["required"]]
    groups = []
    for number in range(dice.randrange(3) if len(optional) > 1 else 0):
        members = dice.sample(optional, dice.randint(2, min(4, len(optional))))
        least = dice.choice((1, 1, 2, len(members)))
        groups.append({"id": f"g-{number}", "name": "Group", "at_least": least, "of": members})
    return criteria, groups
