"""I8: every decision keeps its version, its facts and its reasons, and replays to the same."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.rulebook.explaining import replay
from baton.store.decisions import QUALIFICATION
from baton.store.tables import Decision
from tests.engine.worlds import World
from tests.factories import (
    active_agreement,
    make_decision,
    make_intake,
    make_lead,
    make_returned,
)
from tests.invariants.guards import holds_by, refuses

APPEND_ONLY = {
    "decision": "reasons = '[]'",
    "status_change": "reason = 'x'",
    "owner_change": "\"by\" = 'x'",
    "agreement_version": "title = 'x'",
    "signature": "name = 'x'",
    "activation": "\"by\" = 'x'",
    "outcome": "feedback = 'x'",
    "intake": "source = 'x'",
}


def make_history(session: Session) -> None:
    """At least one row in every append-only table."""
    agreement = active_agreement(session)
    make_decision(session, make_lead(session), agreement)
    hand_off = make_returned(session)
    make_intake(session)
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


@pytest.mark.parametrize("column", ["agreement_id", "facts", "reasons", "result", "as_of", "at"])
def test_a_decision_without_one_of_its_parts_is_refused(rows: Session, column: str) -> None:
    make_history(rows)
    values = {
        "lead_id": "lead_id",
        "agreement_id": "agreement_id",
        "kind": "'x'",
        "at": "at",
        "as_of": "as_of",
        "facts": "facts",
        "result": "result",
        "reasons": "reasons",
    } | {column: "null"}
    holds_by(
        rows,
        f"alter table decision alter column {column} drop not null",
        *(["drop trigger signed on decision"] if column == "agreement_id" else []),
        violation=f"insert into decision ({', '.join(values)})"
        f" select {', '.join(values.values())} from decision",
        says=f'null value in column "{column}"',
    )


def test_every_decision_of_a_hand_off_says_by_what_from_what_and_why(world: World) -> None:
    hand_off_id = world.transferred()
    decisions = world.all(Decision, Decision.hand_off_id == hand_off_id)
    assert {d.kind for d in decisions} >= {QUALIFICATION, "route"}
    for decision in decisions:
        assert decision.agreement_id == world.agreement_id
        assert decision.facts
        assert decision.result
        assert decision.reasons


def test_each_qualification_replays_to_the_same_when_everything_else_changed(world: World) -> None:
    world.transferred()
    decisions = world.all(Decision, Decision.kind == QUALIFICATION)
    assert len(decisions) >= 2
    with world.runtime.transaction() as session:
        session.execute(
            text("update lead set seniority = 'student', country = 'ZZ', answers = '{}'")
        )
        session.execute(text("update account set employees = 3"))
        session.execute(text("delete from touch"))
        for decision in decisions:
            assert replay(session, decision.id).is_equal


def test_without_the_guard_history_could_be_rewritten_and_the_replay_would_tell(
    world: World,
) -> None:
    hand_off_id = world.start()
    world.walk(hand_off_id, world.stage("score"))
    (decision,) = world.all(Decision)
    forge = "update decision set facts = facts || '{\"employees\": 3}'"
    with Session(world.runtime.database) as session:
        refuses(session, forge, "I8/I9: decision is append-only")
        session.execute(text("drop trigger append_only on decision"))
        session.execute(text(forge))
        assert not replay(session, decision.id).is_equal
        session.rollback()
        assert replay(session, decision.id).is_equal
