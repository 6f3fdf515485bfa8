"""The judging statement passes over the touches once, whatever the planner thinks of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, TextClause, text
from sqlalchemy.orm import Session

from baton.rulebook.loading import load_agreement
from baton.rulebook.statement import Statement, compile_agreement
from baton.store.database import connect
from baton.store.nurtured_leads import _MOVE
from baton.store.waiting_leads import _SETTLE, Reasons, look_up_each
from tests.rulebook.documents import NOW

RULES = Path(__file__).parents[2] / "rules" / "agreement.yaml"
LEADS, TOUCHES = 400, 12_000
EVERYONE = {"first": 0, "last": 2**62, "places": ["waiting", "nurture"]}

FILL = """
    insert into intake (source, key, at)
        select 'test', 'lead:' || n, :now from generate_series(1, :leads) n;
    insert into account (domain, name, employees, country)
        select n || '.example', 'Buyer', n, 'DE' from generate_series(1, :leads / 4) n;
    insert into lead (intake_id, email, seniority, account_id, place, created_at, changed_at)
        select i.id, 'lead' || i.id || '@buyer.example',
            (array['vp', 'c_level', 'manager', null])[1 + i.id % 4],
            (select min(id) from account) + i.id % (:leads / 4), 'waiting', :now, :now
        from intake i;
    insert into touch (lead_id, kind, at)
        select (select min(id) from lead) + n % :leads,
            (array['webinar', 'demo_request', 'email_click', 'unsubscribed'])[1 + n % 4],
            :now - n * interval '7 minutes'
        from generate_series(1, :touches) n
"""

Plan = dict[str, Any]


@pytest.fixture(scope="module")
def filled(server_url: str, template: str) -> Iterator[Engine]:
    """A database that knows how much it holds; nobody changes it."""
    admin = connect(server_url).execution_options(isolation_level="AUTOCOMMIT")
    name = "plans"
    with admin.connect() as connection:
        connection.execute(text(f"create database {name} template {template}"))
    engine = connect(admin.url.set(database=name).render_as_string(hide_password=False))
    with engine.begin() as connection:
        for statement in FILL.split(";"):
            values = {"now": NOW, "leads": LEADS, "touches": TOUCHES}
            wanted = {key: value for key, value in values.items() if f":{key}" in statement}
            connection.execute(text(statement), wanted)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("vacuum analyze"))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    admin.dispose()


@pytest.fixture
def session(filled: Engine) -> Iterator[Session]:
    with Session(filled) as session:
        yield session


@pytest.fixture(scope="module")
def statement() -> Statement:
    return compile_agreement(load_agreement(RULES).agreement)


def plan_of(session: Session, sql: str, values: Mapping[str, Any]) -> Plan:
    found = session.execute(text(f"explain (format json) {sql}"), values).scalar_one()
    read: list[Plan] = json.loads(found) if isinstance(found, str) else found
    plan: Plan = read[0]["Plan"]
    return plan


def paths(plan: Plan, above: tuple[Plan, ...] = ()) -> Iterator[tuple[Plan, ...]]:
    """Yield every node with all that stand above it, the top first.

    Above a CTE stands nothing: it is worked out once, wherever the planner puts it.
    """
    here = (plan,) if plan.get("Subplan Name", "").startswith("CTE ") else (*above, plan)
    yield here
    for below in plan.get("Plans", ()):
        yield from paths(below, here)


def scans_of(plan: Plan, table: str) -> list[tuple[Plan, ...]]:
    return [path for path in paths(plan) if path[-1].get("Relation Name") == table]


def objections(plan: Plan) -> list[str]:
    """Return why a plan does not pass over touches and leads just once; empty if it does."""
    said = [
        f"{table} is scanned {len(scans)} times"
        for table in ("touch", "lead")
        if len(scans := scans_of(plan, table)) != 1
    ]
    for path in paths(plan):
        above, node = path[:-1], path[-1]
        # What a CTE counted out of the touches is no better than the touches themselves.
        if node.get("Relation Name") == "touch" or node["Node Type"] == "CTE Scan":
            what = node.get("Relation Name") or node["CTE Name"]
            said += [f"{what} is read in {_repeated(one)}" for one in above if _repeated(one)]
    return said


def _repeated(node: Plan) -> str:
    """Return what makes the planner run this node, or what is below it, more than once."""
    if node["Node Type"] == "Nested Loop":
        return "a nested loop"
    name: str = node.get("Subplan Name", "")
    return "" if name.startswith("CTE ") else name


def test_a_span_is_judged_in_one_pass_over_its_touches(
    session: Session, statement: Statement
) -> None:
    plan = plan_of(session, statement.within, {**EVERYONE, "as_of": NOW})
    assert objections(plan) == []


@pytest.mark.parametrize("number", [100, LEADS])
def test_given_leads_are_judged_in_one_pass_over_theirs(
    session: Session, statement: Statement, number: int
) -> None:
    ids = list(session.scalars(text("select id from lead order by id limit :n"), {"n": number}))
    assert len(ids) == number
    plan = plan_of(session, statement.given, {"lead_ids": ids, "as_of": NOW})
    assert objections(plan) == []


COUNTED = "(select w.lead_id, count(*) as n from touch w group by w.lead_id)"


ALONE = f"select l.id, t.n from lead l left join {COUNTED} t on t.lead_id = l.id"
SUMMED = "lateral (select sum(t.n) as n from t where t.lead_id <= l.id) s on true"
ONE = "(select count(*) as n from touch w where w.lead_id = l.id)"


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            f"select l.id, t.n from lead l cross join lateral {ONE} t",
            "touch is read in a nested loop",
        ),
        (f"select l.id, {ONE} from lead l", "touch is read in SubPlan 1"),
        (
            "select l.id from lead l where l.id > (select count(*) from touch)",
            "touch is read in InitPlan 1",
        ),
        (f"{ALONE} left join {COUNTED} u on u.lead_id > l.id", "touch is scanned 2 times"),
        (
            f"with t as materialized {COUNTED} select l.id, s.n from lead l left join {SUMMED}",
            "t is read in a nested loop",
        ),
        (f"{ALONE} union all select l.id, 0 from lead l", "lead is scanned 2 times"),
        ("select w.lead_id from touch w", "lead is scanned 0 times"),
    ],
)
def test_any_other_plan_is_objected_to(session: Session, sql: str, says: str) -> None:
    found = objections(plan_of(session, sql, {}))
    assert says in [one.partition(" (returns")[0] for one in found]


def test_one_pass_and_a_join_are_not_objected_to(session: Session) -> None:
    for sql in (ALONE, f"with t as materialized {COUNTED} {ALONE.replace(COUNTED + ' t', 't')}"):
        assert objections(plan_of(session, sql, {})) == []


# A server that has looked at many judgings takes the next one for a small one.
JUDGED = """
    insert into judgement (lead_id, judging_id, qualification, fit_tenths, warmth_tenths,
        is_hot, is_marketing_qualified, verdicts, flags, numbers, texts, did)
    select l.id, n, 'not_qualified', 0, 0, false, false, '{}', '{}', '{}', '{}', '{}'
    from lead l cross join generate_series(1, 50) n
"""


@pytest.mark.parametrize("moving", [_SETTLE, _MOVE], ids=["settle", "move"])
def test_a_lead_gets_its_place_by_a_look_at_its_own_judgement(
    session: Session, moving: TextClause
) -> None:
    # The judgings that are named here are not there.
    session.execute(text("set local session_replication_role = replica"))
    session.execute(text(JUDGED))
    session.execute(text("analyze judgement"))
    look_up_each(session)
    ids = list(session.scalars(text("select id from lead")))
    values = {"ids": ids, "judging_id": 999, "at": NOW, "check_in_on": NOW.date()}
    values |= {"ready": [False for _ in ids], "did": []}
    plan = plan_of(session, moving.text, values | Reasons([], []).words)
    ((*_, scan),) = scans_of(plan, "judgement")
    assert "lead_id = w" in scan.get("Index Cond", "")
