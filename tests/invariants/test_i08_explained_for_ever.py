"""I8: every decision keeps its version, its facts and its reasons, and replays to the same."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.rulebook.explaining import replay
from baton.rulebook.judged import qualifications_of
from baton.store.batches import record_batch
from baton.store.decisions import StoredDecision
from baton.store.tables import Decision
from tests.engine.worlds import World
from tests.factories import (
    NOW,
    active_agreement,
    make_decision,
    make_intake,
    make_judgement,
    make_judging,
    make_lead,
    make_returned,
)
from tests.invariants.guards import allows, holds_by, refuses

APPEND_ONLY = {
    "decision": "reasons = '[]'",
    "judgement": "holds_until = now()",
    "judging": "as_of = now()",
    "fact_list": "keys = '{x}'",
    "batch": "judged = 7",
    "status_change": "reason = 'x'",
    "owner_change": "\"by\" = 'x'",
    "agreement_version": "title = 'x'",
    "signature": "name = 'x'",
    "activation": "\"by\" = 'x'",
    "outcome": "feedback = 'x'",
    "intake": "source = 'x'",
    "effect_decision": "reason = 'x'",
}


def make_history(session: Session) -> None:
    """At least one row in every append-only table."""
    agreement = active_agreement(session)
    lead = make_lead(session)
    make_decision(session, lead, agreement)
    make_judgement(session, lead, agreement)
    record_batch(
        session, agreement_id=agreement.id, as_of=NOW, finished_at=NOW, judged_all=True, judged=1
    )
    hand_off = make_returned(session)
    make_intake(session)
    session.execute(
        text(
            "with e as (insert into effect (key, kind, provider_id, intended_at)"
            " values ('e', 'notice', 'p', now()) returning id)"
            " insert into effect_decision (effect_id, decision, by, reason, at)"
            " select id, 'retry', 'x', 'x', now() from e"
        )
    )
    session.execute(
        text(
            "insert into status_change (lead_id, from_status, to_status, from_place, to_place,"
            " reason, \"by\", at) values (:lead, 'new', 'new', 'waiting', 'hand_off',"
            " 'x', 'test', now())"
        ),
        {"lead": hand_off.lead_id},
    )
    session.execute(
        text("insert into owner_change (lead_id, to_id, \"by\", at) values (:l, :s, 'x', now())"),
        {"l": hand_off.lead_id, "s": hand_off.sdr_id},
    )


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_history_is_neither_changed_nor_deleted(rows: Session, table: str) -> None:
    make_history(rows)
    guard, says = f"drop trigger append_only on {table}", f"I8/I9: {table} is append-only"
    holds_by(rows, guard, violation=f"update {table} set {APPEND_ONLY[table]}", says=says)
    refuses(rows, f"delete from {table}", says)


COLUMNS: dict[str, dict[str, str | None]] = {
    "decision": {
        "lead_id": "lead_id",
        "agreement_id": "agreement_id",
        "kind": "'x'",
        "at": "at",
        "as_of": "as_of",
        "facts": "facts",
        "result": "result",
        "reasons": "reasons",
    },
    "judging": dict.fromkeys(("agreement_id", "fact_list_id", "at", "as_of")),
    "fact_list": {"content_hash": "'another'"} | dict.fromkeys(("keys", "types")),
    "judgement": {"judging_id": "(select max(id) from judging)"}
    | dict.fromkeys(
        (
            "lead_id",
            "qualification",
            "fit_tenths",
            "warmth_tenths",
            "is_hot",
            "is_marketing_qualified",
            "verdicts",
            "flags",
            "numbers",
            "texts",
            "did",
        )
    ),
}
PARTS = [
    ("decision", ("agreement_id", "facts", "reasons", "result", "as_of", "at")),
    ("judging", ("agreement_id", "fact_list_id", "at", "as_of")),
    ("fact_list", ("keys", "types")),
    ("judgement", [name for name in COLUMNS["judgement"] if not name.endswith("_id")]),
]


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table, columns in PARTS for column in columns]
)
def test_a_decision_without_one_of_its_parts_is_refused(
    rows: Session, table: str, column: str
) -> None:
    make_history(rows)
    # A new number, so that the copy collides with nothing.
    make_judging(rows, active_agreement(rows))
    values = {name: value or name for name, value in COLUMNS[table].items()} | {column: "null"}
    holds_by(
        rows,
        f"alter table {table} alter column {column} drop not null",
        *([f"drop trigger signed on {table}"] if column == "agreement_id" else []),
        violation=f"insert into {table} ({', '.join(values)})"
        f" select {', '.join(values.values())} from {table} limit 1",
        # No version at all is not signed either.
        says=f'null value in column "{column}"|I9: agreement version <NULL>',
    )


@pytest.mark.parametrize(("lead", "judging"), [("999999", "new"), ("lead_id", "999999")])
def test_a_judgement_of_nobody_or_by_nothing_is_refused(
    rows: Session, lead: str, judging: str
) -> None:
    make_history(rows)
    new = str(make_judging(rows, active_agreement(rows)))
    insert = f"insert into judgement ({', '.join(COLUMNS['judgement'])})"
    right = _copied(lead_id="lead_id", judging_id=new)
    wrong = _copied(lead_id=lead, judging_id=judging.replace("new", new))
    what = "lead" if judging == "new" else "judging"
    says = f"I8: a judgement names {what} 999999, which is not there"
    holds_by(rows, "drop trigger named on judgement", violation=f"{insert} {wrong}", says=says)
    allows(rows, f"{insert} {right}")
    refuses(rows, f"{insert} {right} union all {wrong}", says)


@pytest.mark.parametrize("far", [1, 1000], ids=["beside them", "far from them"])
def test_among_many_judgements_the_one_of_nobody_is_refused(rows: Session, far: int) -> None:
    make_history(rows)
    new = str(make_judging(rows, active_agreement(rows)))
    leads = [make_lead(rows).id for _ in range(8)]
    insert = f"insert into judgement ({', '.join(COLUMNS['judgement'])})"
    one = "(select * from judgement limit 1) as judgement, unnest(cast('{}' as bigint[])) x (id)"

    def of(*ids: int) -> str:
        named = one.replace("{}", str(set(ids)).replace(" ", ""))
        copied = _copied(lead_id="x.id", judging_id=new)
        return f"{insert} {copied.replace('from judgement', f'from {named}')}"

    nobody = leads[-1] + far
    refuses(rows, of(*leads, nobody), f"I8: a judgement names lead {nobody}, which is not there")
    allows(rows, of(*leads))


def _copied(**changes: str) -> str:
    values = {name: name for name in COLUMNS["judgement"]} | changes
    return f"select {', '.join(values.values())} from judgement"


def qualifications(world: World, hand_off_id: UUID) -> list[StoredDecision]:
    with world.runtime.transaction() as session:
        found = qualifications_of(session, world.hand_off(hand_off_id).lead_id)
    return [one for one in found if one.hand_off_id == hand_off_id]


def test_every_decision_of_a_hand_off_says_by_what_from_what_and_why(world: World) -> None:
    hand_off_id = world.transferred()
    routes = world.all(Decision, Decision.hand_off_id == hand_off_id)
    assert "route" in {route.kind for route in routes}
    judged = qualifications(world, hand_off_id)
    assert judged
    for decision in (*routes, *judged):
        assert decision.agreement_id == world.agreement_id
        assert decision.facts
        assert decision.result
        assert decision.reasons


def test_each_qualification_replays_to_the_same_when_everything_else_changed(world: World) -> None:
    judged = qualifications(world, world.transferred())
    assert len(judged) >= 2
    with world.runtime.transaction() as session:
        session.execute(
            text("update lead set seniority = 'student', country = 'ZZ', answers = '{}'")
        )
        session.execute(text("update account set employees = 3"))
        session.execute(text("delete from touch"))
        for decision in judged:
            assert replay(session, decision.lead_id, decision.id).is_equal


@pytest.mark.parametrize(
    "forgery",
    [
        "numbers = array_replace(numbers, 200, 3)",
        "flags = array_replace(flags, false, true)",
        "texts = array_replace(texts, 'c_level', 'student')",
        "verdicts = array_replace(verdicts, true, false)",
    ],
)
def test_without_the_guard_history_could_be_rewritten_and_the_replay_would_tell(
    world: World, forgery: str
) -> None:
    hand_off_id = world.start()
    world.walk(hand_off_id, world.stage("score"))
    (decision,) = qualifications(world, hand_off_id)
    forge = f"update judgement set {forgery}"
    with Session(world.runtime.database) as session:
        refuses(session, forge, "I8/I9: judgement is append-only")
        session.execute(text("drop trigger append_only on judgement"))
        session.execute(text(forge))
        assert not replay(session, decision.lead_id, decision.id).is_equal
        session.rollback()
        assert replay(session, decision.lead_id, decision.id).is_equal
