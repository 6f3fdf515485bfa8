"""What an older release left goes on under this one, whose stages are other code (I5, I6, I8)."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect import Task
from sqlalchemy import text

from baton.engine.stage import StageTask, Step, Work, stage
from baton.rulebook.active import agreement_of
from baton.rulebook.explaining import explain_lines, replay
from baton.rulebook.judged import qualification
from baton.rulebook.replaying import Period, deciding_ids, replayed
from baton.store.health import all_faults, where_leads_are
from baton.store.tables import Effect, HandOff, StageDone
from tasks.qualify_batch import start_hand_offs
from tests.engine.test_batch import batch
from tests.repository.checkout import ROOT
from tests.upgrades.restoring import FIXTURES, OTHER_ENDS, Upgraded
from tests.upgrades.walking import FLOW, wake

EVER = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
ENDED = {
    "transferred": "transferred",
    "transferred, the CRM's answer lost": "transferred",
    "returned": "returned",
    "opted out": "closed",
}
CUT_OFF = {
    ("failed", "asked for an address"),
    ("in_doubt", "introduced, the answer lost"),
    ("in_doubt", "not introduced, the answer lost"),
    ("in_doubt", "transferred, the CRM's answer lost"),
}


def test_every_release_has_a_fixture() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.findall(r"^## \[(\d[^]]*)\]", changes, flags=re.MULTILINE)
    assert set(releases) <= {path.name.rpartition("-")[0] for path in FIXTURES}


def test_nothing_is_lost_and_only_what_was_cut_off_is_at_fault(world: Upgraded) -> None:
    names: dict[uuid.UUID | None, str] = {key: name for name, key in world.named.items()}
    with world.runtime.transaction() as session:
        counts = where_leads_are(session)
        faults = all_faults(session, world.clock.now(), idle_minutes=0)
    assert counts.difference == 0
    assert 0 not in (counts.waiting, counts.nurture, counts.with_ae, counts.quarantined)
    assert Counter((f.kind, names.get(f.hand_off_id)) for f in faults) == Counter(CUT_OFF)


def test_judgements_are_told_and_replayed_as_they_were(world: Upgraded) -> None:
    with world.runtime.transaction() as session:
        said = text("select lead_id, number, result, lines from release.judged")
        told = session.execute(said).all()
        for lead_id, number, result, lines in told:
            stored = qualification(session, lead_id, number)
            assert json.loads(json.dumps(stored.result)) == result
            assert explain_lines(stored) == lines
            assert replay(session, lead_id, number).is_equal
        judged = [
            one
            for version in deciding_ids(session, EVER)
            for one in replayed(session, version, agreement_of(session, version), period=EVER)
        ]
    assert len(judged) == len(told) > len(world.named)
    assert [one for one in judged if one.stored != one.replayed] == []


def test_every_hand_off_ends_and_whatever_it_did_happens_once(
    world: Upgraded, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, ended = ledger(world), closed(world)
    ran = with_other_code(monkeypatch)
    world.go_on()
    after, states = ledger(world), closed(world)
    assert {name: state for name, (state, _) in ended.items()} == ENDED
    assert {name: states[name] for name in ended} == ended
    assert {name: state for name, (state, _) in states.items()} == (
        dict.fromkeys(world.named, "transferred") | ENDED | OTHER_ENDS
    )
    assert {key: after[key] for key in before} == before
    assert {stage for _, stage in ran} >= {"enrich", "validate", "approve", "introduce", "transfer"}
    assert not ran & before.keys()
    effects: list[Effect] = world.all(Effect)
    assert Counter(world.arrived()) == Counter(e.provider_id for e in effects if e.state == "done")
    assert {e.key for e in effects if e.state != "done"} == {
        f"{world.named['asked for an address']}:introduction:1"
    }
    with world.runtime.transaction() as session:
        assert where_leads_are(session).difference == 0
        assert all_faults(session, world.clock.now(), idle_minutes=0) == []


def test_the_batch_goes_on_and_its_leads_are_handed_off(world: Upgraded) -> None:
    world.clock.advance(timedelta(days=1))
    due, judged = batch(world)
    assert not due.is_everyone
    assert judged > 0
    known = world.open_hand_offs()
    start_hand_offs.fn(5)
    started = {world.lead_of(one).family_name: one for one in world.open_hand_offs()[len(known) :]}
    assert started.keys() == {"Ready", "Awake"}
    wake(started["Awake"])
    assert [wait.kind for wait in world.waits(started["Awake"])] == ["approval"]
    with world.runtime.transaction() as session:
        assert where_leads_are(session).difference == 0


def ledger(world: Upgraded) -> dict[tuple[uuid.UUID, str], tuple[datetime, Any]]:
    """The stages that are done: when, and what they came to."""
    return {(row.hand_off_id, row.stage): (row.at, row.result) for row in world.all(StageDone)}


def closed(world: Upgraded) -> dict[str, tuple[str, datetime]]:
    """How each hand-off that is over ended, and when."""
    rows: dict[uuid.UUID, HandOff] = {row.id: row for row in world.all(HandOff)}
    return {
        name: (rows[key].state, at)
        for name, key in world.named.items()
        if (at := rows[key].closed_at) is not None
    }


def with_other_code(monkeypatch: pytest.MonkeyPatch) -> set[tuple[uuid.UUID, str]]:
    """Put another body into every stage; the set tells whose ran for which hand-off."""
    ran: set[tuple[uuid.UUID, str]] = set()

    def other(known: StageTask) -> StageTask:
        def body(work: Work) -> Step:
            ran.add((work.hand_off_id, known.name))
            return known.fn(str(work.hand_off_id), work.lease.token)

        body.__name__ = known.name
        return stage(body)

    for name, known in list(vars(FLOW).items()):
        if isinstance(known, Task):
            monkeypatch.setattr(FLOW, name, other(known))
    return ran
