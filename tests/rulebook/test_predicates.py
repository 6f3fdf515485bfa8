from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.errors import PredicateError
from baton.rulebook.facts import BUILT_IN, SCORES, TOUCH_KINDS, Vocabulary
from baton.rulebook.fragments import quoted
from baton.rulebook.points import FIT, GAINED, LOST
from baton.rulebook.predicates import MAX_NODES, compile_predicate

VOCABULARY = Vocabulary({fact.name: fact for fact in (*BUILT_IN, *SCORES)}, TOUCH_KINDS)

ALLOWED = {
    "free_mail": '"free_mail"',
    "EMPLOYEES > 5": '("employees" > 5)',
    "employees between 50 and 5000": '("employees" between 50 and 5000)',
    "employees not between 1 and 2": '(not ("employees" between 1 and 2))',
    "country in ('US', 'GB')": "(\"country\" in ('US', 'GB'))",
    "country not in ('US')": "(not (\"country\" in ('US')))",
    "needs is not null": '("needs" is not null)',
    "has_need is true": '("has_need" is true)',
    "has_need is not false": '(not ("has_need" is false))',
    "not free_mail and has_need or has_budget": '(((not "free_mail") and "has_need") or'
    ' "has_budget")',
    "not employees = 5": '(not ("employees" = 5))',
    "1 + employees * 2 > 3": '((1 + ("employees" * 2)) > 3)',
    "title like '%Sales%'": "(\"title\" like '%Sales%')",
    "title not ilike 'x'": "(\"title\" not ilike 'x')",
    "lower(title) = 'ceo'": "(lower(\"title\") = 'ceo')",
    "length(trim(needs)) > 3": '(length(btrim("needs")) > 3)',
    "abs(employees - 10) < 5": '(abs(("employees" - 10)) < 5)',
    "revenue_usd / employees > -1": '((cast("revenue_usd" as numeric) / nullif("employees", 0))'
    " > (- 1))",
    "coalesce(has_budget, false)": 'coalesce("has_budget", false)',
    "touches('webinar', 30) >= 2": "(coalesce(\"touches('webinar', 30)\", 0) >= 2)",
    "days_since('reply') < 7": "(\"days_since('reply')\" < 7)",
    "not (free_mail or role_address)": '(not ("free_mail" or "role_address"))',
    "total_points >= 10": '(("fit$" + ("gained$" - "lost$")) >= 100)',
    "fit_points < 12.25": '("fit$" < 122.5)',
    "warmth_points * 2 > 5": '(((("gained$" - "lost$") * 0.1) * 2) > 5)',
    "title = 'O''Brien'": "(\"title\" = 'O''Brien')",
}

# Each tries to get something through that is not a condition over facts.
REFUSED = (
    "",
    "   ",
    "employees > 5; drop table lead",
    "employees > 5) or (1=1",
    "1 = 1",
    "true",
    "'a' = 'a'",
    "employees > (select 1)",
    "employees in (select id from lead)",
    "exists (select 1 from rep)",
    "employees = any(array[1])",
    "(select count(*) from lead) > 0",
    "employees > 5 union select 1",
    "employees > 5 -- the rest",
    "employees /* hidden */ > 5",
    "employees::text = '5'",
    "cast(employees as text) = '5'",
    "pg_sleep(10) is null",
    "pg_read_file('/etc/passwd') = ''",
    "set_config('role', 'x', true) = ''",
    "lead.email = 'x'",
    "l.email = 'x'",
    "\"email\" = 'x'",
    '"employees"" or true --" > 5',
    "password = 'x'",
    "current_user = 'postgres'",
    "session_user = 'postgres'",
    "current_date > '2020-01-01'",
    "version() = ''",
    "count(*) > 1",
    "sum(employees) over () > 1",
    "employees > $1",
    "employees > :as_of",
    "employees > ?",
    "employees > %(x)s",
    "title = E'\\x41'",
    "title = $$x$$",
    "title = b'1'",
    "title = x'41'",
    "title = 'x' 'y'",
    "title = U&'x'",
    "title ~ '^(a+)+$'",
    "title similar to 'x'",
    "title like title",
    "title like 'x\\'",
    "title like 'x' escape 'y'",
    "title || 'x' = 'y'",
    "employees is distinct from 5",
    "case when free_mail then true end",
    "if(free_mail, true, false)",
    "nullif(employees, 5) = 5",
    "greatest(employees, 1) > 5",
    "employees between symmetric 5 and 1",
    "employees in ()",
    "employees in (1, null)",
    "employees = null",
    "employees is 5",
    "employees + 1",
    "employees",
    "title",
    "not employees",
    "free_mail and employees",
    "employees > '5'",
    "title > 'a'",
    "country in (1, 2)",
    "employees > 1e500",
    "employees > 99999999999999999999",
    "employees[1] = 2",
    "{{employees}} > 5",
    "row(employees) = row(1)",
    "(employees, 1) = (1, 1)",
    "interval '1 day' = interval '1 day'",
    "touches('webinar') > 1",
    "touches('webinar', 0) > 1",
    "touches('webinar', -1) > 1",
    "touches('webinar', 1.5) > 1",
    "touches('webinar', 99999) > 1",
    "touches(title, 3) > 1",
    "touches('nothing', 3) > 1",
    "touches('x'') or true --', 3) > 1",
    "touches(distinct 'webinar', 3) > 1",
    "touches > 1",
    "lower(title, title) = 'x'",
    "trim(both 'x' from title) = 'x'",
    "length(title, 'utf8') > 1",
    "title = 'a\x00b'",
    "title = '" + "x" * 201 + "'",
    "(" * 2000 + "free_mail" + ")" * 2000,
    "not " * 900 + "free_mail",
    " or ".join(["free_mail"] * MAX_NODES),
)


@pytest.mark.parametrize(("condition", "sql"), ALLOWED.items())
def test_a_condition_is_written_anew(condition: str, sql: str) -> None:
    assert compile_predicate(condition, VOCABULARY).sql == sql


@pytest.mark.parametrize("condition", REFUSED)
def test_what_is_not_on_the_whitelist_is_refused(condition: str) -> None:
    with pytest.raises(PredicateError) as refusal:
        compile_predicate(condition, VOCABULARY)
    assert 0 <= refusal.value.start <= refusal.value.end <= len(condition)


def test_an_unknown_fact_is_refused_with_its_place_and_the_nearest_name() -> None:
    condition = "free_mail and emploees > 5"
    with pytest.raises(PredicateError, match="did you mean 'employees'") as refusal:
        compile_predicate(condition, VOCABULARY)
    assert condition[refusal.value.start : refusal.value.end] == "emploees"


def test_an_unknown_kind_of_touch_is_refused_with_the_nearest_kind() -> None:
    with pytest.raises(PredicateError, match="did you mean 'webinar'"):
        compile_predicate("touches('webinaar', 30) > 1", VOCABULARY)


def test_scores_are_not_known_while_fit_is_scored() -> None:
    before = Vocabulary({fact.name: fact for fact in BUILT_IN}, TOUCH_KINDS)
    with pytest.raises(PredicateError, match="not known yet"):
        compile_predicate("fit_points > 3", before)


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_text_gets_through_but_as_a_quoted_literal(value: str) -> None:
    condition = "title = '" + value.replace("'", "''") + "'"
    try:
        compiled = compile_predicate(condition, VOCABULARY)
    except PredicateError:
        return
    assert compiled.sql == f'("title" = {quoted(value)})'


TOKENS = st.sampled_from(
    (
        "employees",
        "title",
        "free_mail",
        "5",
        "'x'",
        "and",
        "or",
        "not",
        "(",
        ")",
        "=",
        ">",
        ",",
        ";",
        "--",
        "/*",
        "*/",
        "select",
        "from",
        "lead",
        "in",
        "is",
        "null",
        "touches",
        "lower",
        "::",
        "$1",
        ":x",
        "%",
        "like",
        "between",
        "union",
        "case",
        "when",
        "pg_sleep",
        ".",
        "*",
        "+",
        "||",
        "~",
        '"',
        "'",
        "[",
        "]",
    )
)
KNOWN_WORDS = (
    {"and", "or", "not", "between", "in", "is", "null", "true", "false", "like", "ilike"}
    | {"lower", "upper", "btrim", "length", "abs", "coalesce"}
    | {"cast", "as", "numeric", "nullif"}
)


@given(st.lists(TOKENS, max_size=14))
@settings(max_examples=400, deadline=None)
def test_random_tokens_are_refused_or_written_from_known_words(tokens: list[str]) -> None:
    try:
        sql = compile_predicate(" ".join(tokens), VOCABULARY).sql
    except PredicateError:
        return
    bare = re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"", " ", sql)
    assert set(re.findall(r"[a-z_]+", bare)) <= KNOWN_WORDS
    assert set(re.sub(r"[a-z_0-9\s]", "", bare)) <= set("()<>=+-*/,.")


def test_a_literal_arrives_in_the_database_as_it_was_written(session: Session) -> None:
    values = ("it's", "a:b", ":as_of", "::text", "\\:x", "100%", "%(x)s", '"', "\\", "a\nb", "é漢")
    for value in values:
        compiled = compile_predicate("title = '" + value.replace("'", "''") + "'", VOCABULARY)
        query = text(f"select {compiled.sql} from (select cast(:given as text) as title) f")
        assert session.execute(query, {"given": value}).scalar_one() is True, value


def test_every_allowed_form_runs_and_is_unknown_on_unknown_facts(session: Session) -> None:
    settled = {
        "needs is not null": False,
        "has_need is true": False,
        "has_need is not false": True,
        "coalesce(has_budget, false)": False,
        # None at all is a number too.
        "touches('webinar', 30) >= 2": False,
    }
    for condition in ALLOWED:
        compiled = compile_predicate(condition, VOCABULARY)
        columns = [f'cast(null as {c.sql_type}) as "{c.key}"' for c in compiled.reads]
        if compiled.scores:
            columns += [f"cast(null as integer) as {name}" for name in (FIT, GAINED, LOST)]
        query = text(f"select {compiled.sql} from (select {', '.join(columns)}) f")
        result = session.execute(query).scalar_one()
        assert result is settled.get(condition), condition
