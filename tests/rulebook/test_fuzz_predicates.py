"""Nothing but a condition over facts reaches the database, whatever is written into an agreement.

Attempts out of a list, tokens at random, valid conditions that were tampered with, and valid ones
made at random: each is refused with a place, or what it becomes is read again by other means
(`written_sql`) and runs on the database without an error.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.errors import PredicateError
from baton.rulebook.facts import TOUCH_KINDS, Vocabulary, vocabulary_of
from baton.rulebook.loading import agreement_from_content
from baton.rulebook.predicates import Predicate, compile_predicate
from tests.rulebook.documents import content
from tests.rulebook.written_sql import why_unsafe

UNTYPED = {
    "<NUL>": "\0",
    "<TAB>": "\t",
    "<CR>": "\r",
    "<LF>": "\n",
    "<BEL>": "\a",
    "<SURROGATE>": "\ud800",
    "<RLO>": "\u202e",
    "<BOM>": "\ufeff",
}
# At the edges of each type, in rows that are tried together.
SAMPLES = {
    "text": ("null", "''", "'x'", r"'O''Brien 100%_\"'", "repeat('CEO ', 99)", "'VP'", "' '"),
    "numeric": ("null", "0", "1", "-1", "999999999999999", "-999999999999999", "0.000001"),
    "boolean": ("null", "true", "false", "true", "false", "null", "true"),
}


def vocabulary() -> Vocabulary:
    data = content()
    data["facts"] += [
        {"name": "segment", "type": "text", "meaning": "Which."},
        {"name": "is_partner", "type": "boolean", "meaning": "Whether."},
    ]
    data["personas"] = [
        {"id": "boss", "name": "Decides", "titles": ["CEO", "R&D, C/C++-lead"]},
        {"id": "buyer", "name": "Buys", "titles": ["head's"], "seniority": ["vp", "o'x: %"]},
    ]
    data["ideal_customer"] = {"industries": ["it's :x"], "employees": {"at_least": 1.5}}
    return vocabulary_of(agreement_from_content(data), with_scores=True)


VOCABULARY = vocabulary()


def attempts() -> Iterator[tuple[str, str]]:
    """Yield each line of the list with what must become of it."""
    expected = ""
    path = Path(__file__).with_name("injections.txt")
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("== "):
            expected = line.removeprefix("== ").split(":")[0]
        elif line and not line.startswith("# "):
            yield expected, re.sub("<[A-Z]+>", lambda written: UNTYPED[written[0]], line)


LARGE = (
    "(" * 3000,
    "(" * 1900 + "free_mail" + ")" * 1900,
    "not " * 900 + "free_mail",
    "- " * 900 + "employees > 1",
    "coalesce(" * 300 + "free_mail" + ")" * 300,
    "free_mail or " * 300 + "free_mail",
    "employees in (" + "1, " * 1200 + "1)",
    "employees" + " + 1" * 900 + " > 1",
    "title = '" + "x" * 201 + "'",
    "title = '" + "'" * 402 + "'",
    "title = '" + "x" * 100_000 + "'",
    "x" * 100_000,
    "free_mail and " * 50_000 + "free_mail",
    "employees > " + "9" * 3000,
    "case when " * 300 + "free_mail",
    "free_mail" + " " * 4000,
    "a" + ".a" * 1500,
    "employees" + "[1]" * 900 + " = 1",
    "employees" + "::text" * 500 + " = '1'",
    "(select " * 200 + "1" + ")" * 200,
)


def compiled_or_refused(condition: str) -> Predicate | None:
    """Return what the condition became, or None if it was refused with a place in its text."""
    try:
        return compile_predicate(condition, VOCABULARY)
    except PredicateError as refusal:
        place = range(refusal.start, refusal.end)
    assert condition[place.start : place.stop] or not condition, repr(condition)
    assert 0 <= place.start <= place.stop <= len(condition), repr(condition)
    return None


def check(session: Session, predicate: Predicate) -> None:
    """The SQL is a condition over what it says it reads, and runs on facts of all kinds."""
    types = {column.key: column.sql_type for column in predicate.reads}
    assert all(is_in_the_vocabulary(name) for name in (*types, *predicate.scores)), types
    if predicate.scores:
        types |= dict.fromkeys(("fit$", "gained$", "lost$"), "numeric")
    if "title" in types:
        types["title$words"] = "text"
    reason = why_unsafe(predicate.sql, types)
    assert reason is None, reason
    rows = [
        ", ".join(
            f"cast({SAMPLES[sql_type][(number + shift * place) % 7]} as {sql_type})"
            for place, sql_type in enumerate(types.values())
        )
        for number in range(7)
        for shift in (0, 1)
    ]
    names = ", ".join(f'"{name}"' for name in types)
    query = f"select {predicate.sql} from (values ({'), ('.join(rows)})) as f ({names})"
    session.rollback()
    session.execute(text("set transaction read only"))
    assert set(session.execute(text(query)).scalars()) <= {True, False, None}


def is_in_the_vocabulary(name: str) -> bool:
    counted = re.fullmatch(r"(?:touches\('(\w+)', \d{1,4}\)|days_since\('(\w+)'\))", name)
    if counted:
        return (counted[1] or counted[2]) in VOCABULARY.touch_kinds
    return name in VOCABULARY.facts


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ('("x" = 1); drop table lead', "no token"),
        ('("x" = 1) -- more', "touches"),
        ('("x" = /* */ 1)', "touches"),
        ('("y" = 1)', "is no name"),
        ("(x = 1)", "no word"),
        ("(pg_sleep(10) is null)", "no word"),
        ('("x" = (select 1))', "no word"),
        ("(\"x\" = E'')", "touches"),
        ("(\"x\" = U&'a')", "no token"),
        ('("x" = $1)', "no token"),
        ('("x" = :x)', "no token"),
        ("(\"x\" = ':x')", "parameter"),
        ("(\"x\" = '\\\\:x')", None),
        ('("x"::text is null)', "no token"),
        ("(cast(\"x\" as regclass) = 'lead')", "no word"),
        ("(numeric '1' = \"x\")", "outside a cast"),
        ("(\"x\" ~* '(a+)+')", "no token"),
        ('("x" || "x")', "no token"),
        ('("x" > 1e9)', "touches"),
        ('("x" > 1234567890123456)', "too long"),
        ('(lower "x")', "without"),
    ],
)
def test_the_reader_finds_what_is_more_than_a_condition(sql: str, reason: str | None) -> None:
    found = why_unsafe(sql, ["x"])
    assert (found is None) if reason is None else (found is not None and reason in found), found


def test_the_list_of_attempts_is_long() -> None:
    assert len(set(attempts())) >= 500


def test_each_attempt_is_refused_or_has_no_effect(session: Session) -> None:
    for expected, condition in attempts():
        predicate = compiled_or_refused(condition)
        assert ("refused" if predicate is None else "harmless") == expected, repr(condition)
        if predicate is not None:
            check(session, predicate)


@pytest.mark.parametrize("condition", LARGE, ids=lambda condition: f"{len(condition)}")
def test_what_is_too_large_is_refused(condition: str) -> None:
    assert compiled_or_refused(condition) is None


TOKENS = tuple(
    re.findall(
        r"\S+",
        r"""
employees title free_mail country fleet_size total_points seniority is_persona in_ideal_customer
0 1 5 0.5 2147483647 999999999999999 'x' '' '%' 'webinar' 'boss' ':x' '\' '--' "title" "x" 30
and or not ( ) ( ) , , = <> != < <= > >= between in is null true false like ilike + - * /
lower( upper( trim( length( abs( coalesce( touches('webinar',30) days_since('reply') touches(
; -- /* */ select from lead where union all case when then else end exists any array[ ] row(
:: cast( as text numeric regclass $1 $$ :x ? % %(x)s . .. || -> ->> @> ~ ~* ^ & | # ! @ { } \
pg_sleep(1) current_user current_date interval date U& E' ' " ` collate escape over( filter(
distinct at time zone similar to symmetric nan 1e9 0x1 1_0 with limit order by into unknown
""",
    )
)


@given(st.lists(st.tuples(st.sampled_from(TOKENS), st.sampled_from(("", " ", " ", "\n")))))
@settings(max_examples=600, deadline=None)
def test_tokens_at_random_are_refused_or_harmless(tokens: list[tuple[str, str]]) -> None:
    predicate = compiled_or_refused("".join(token + space for token, space in tokens))
    if predicate is not None:
        names = {column.key for column in predicate.reads} | set(predicate.scores)
        assert why_unsafe(predicate.sql, names) is None


@given(st.text() | st.text(alphabet=st.characters(), max_size=40).map(lambda t: f"title = '{t}'"))
@settings(max_examples=600, deadline=None)
def test_any_text_is_refused_or_harmless(condition: str) -> None:
    predicate = compiled_or_refused(condition)
    if predicate is not None:
        names = {column.key for column in predicate.reads}
        assert why_unsafe(predicate.sql, names) is None


FACTS = {
    kind: tuple(name for name, fact in VOCABULARY.facts.items() if fact.type.value == kind and name)
    for kind in ("text", "number", "boolean")
}
texts = st.recursive(
    st.sampled_from(FACTS["text"])
    | st.text(max_size=8).map(lambda value: "'" + value.replace("'", "''") + "'"),
    lambda inner: st.one_of(
        st.builds("{}({})".format, st.sampled_from(("lower", "upper", "trim")), inner),
        st.builds("coalesce({}, {})".format, inner, inner),
    ),
    max_leaves=4,
)
numbers = st.recursive(
    st.sampled_from(FACTS["number"])
    | st.sampled_from(("0", "1", "0.000001", "2147483647", "9999999999", "999999999999999"))
    | st.integers(0, 10**15 - 1).map(str)
    | texts.map("length({})".format)
    | st.builds("touches('{}', {})".format, st.sampled_from(TOUCH_KINDS), st.integers(1, 3650))
    | st.sampled_from(TOUCH_KINDS).map("days_since('{}')".format),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("(- {})".format, inner),
        st.builds("abs({})".format, inner),
        st.builds("coalesce({}, {})".format, inner, inner),
    ),
    max_leaves=12,
)
comparisons = st.one_of(
    st.builds("{} {} {}".format, numbers, st.sampled_from(("=", "<>", "<", "<=", ">")), numbers),
    st.builds("{} {} {}".format, texts, st.sampled_from(("=", "<>")), texts),
    st.builds("{} not between {} and {}".format, numbers, numbers, numbers),
    st.builds("{} in ({}, {})".format, numbers, numbers, numbers),
    st.builds("{} not in ({}, {})".format, texts, texts, texts),
    st.builds("{} {} '%x_'".format, texts, st.sampled_from(("like", "not like", "ilike"))),
    st.builds("{} is not null".format, texts | numbers),
    st.sampled_from(FACTS["boolean"]),
    st.sampled_from(("is_persona('boss')", "is_persona('buyer')")),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(("and", "or")), inner),
        st.builds("(not {})".format, inner),
        st.builds("(({}) is not false)".format, inner),
        st.builds("coalesce({}, {})".format, inner, inner),
    ),
    max_leaves=5,
)


def test_a_valid_condition_never_fails_in_the_database(session: Session) -> None:
    ran = []

    @given(conditions)
    @settings(max_examples=400, deadline=None)
    def one(condition: str) -> None:
        predicate = compiled_or_refused(condition)
        if predicate is not None:
            check(session, predicate)
            ran.append(condition)

    one()
    assert len(ran) > 200


VALID = (
    "free_mail and not role_address or has_need is not false",
    "employees between 50 and 5000 and country in ('US', 'GB', 'DE')",
    "title ilike '%sales%' or lower(trim(title)) = 'ceo'",
    "coalesce(has_budget, false) and revenue_usd / employees > 100000.5",
    "touches('webinar', 30) + touches('page_view', 7) * 2 >= 3",
    "days_since('reply') < 7 or days_since_last_touch <= 14",
    "is_persona('boss') and in_ideal_customer and segment not in ('a', 'b')",
    "abs(fleet_size - 10) < 5 and length(needs) > 20 and total_points >= 30",
    "not (starts_within_months > 6 or timetable is null) and is_partner = true",
)
WORD = re.compile(r"'(?:[^']|'')*'|\w+|[<>]=|\S")


def tampered(dice: random.Random) -> str:
    """Return a valid condition with some tokens deleted, inserted, doubled or swapped."""
    words = WORD.findall(dice.choice(VALID))
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        place, other = dice.randrange(len(words)), dice.randrange(len(words))
        match dice.randrange(5):
            case 0 if len(words) > 1:
                del words[place]
            case 1:
                words.insert(place, dice.choice(TOKENS))
            case 2:
                words.insert(place, words[place])
            case 3:
                words[place], words[other] = words[other], words[place]
            case _:
                words[place] = dice.choice(WORD.findall(dice.choice(VALID)))
    return dice.choice((" ", " ", "  ", "\n")).join(words)


def test_what_was_tampered_with_is_refused_or_harmless(session: Session) -> None:
    dice = random.Random(20260302)
    compiled = 0
    for _ in range(4000):
        predicate = compiled_or_refused(tampered(dice))
        if predicate is not None:
            check(session, predicate)
            compiled += 1
    assert 100 < compiled < 2000
