"""Routing by the agreement: shares, hard rules, the fallback queue, and what is stored of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from baton.domain.meeting import Attendance, OutcomeKind
from baton.engine.queueing import name_ae
from baton.engine.stage import Asleep, Finished
from baton.engine.sweep import sweep
from baton.errors import RefusedError
from baton.rulebook.active import agreement_of
from baton.rulebook.routing_record import replay_route
from baton.store.reps import rep_by_email
from baton.store.tables import Absence, Account, Decision, Rep, RouteCounter, RouteDay
from tasks.await_outcome import await_outcome
from tasks.book import book
from tasks.introduce import introduce
from tasks.return_to_nurture import return_to_nurture
from tests.engine.stages.conftest import Change
from tests.engine.worlds import NOW, World

FALLBACK = {"name": "Nobody's leads", "to": "max@seller.example", "within_minutes": 60}
Worlds = Callable[[Change], World]


def routing(**section: Any) -> Change:
    def change(agreement: dict[str, Any]) -> None:
        agreement["routing"] = {"fallback": FALLBACK, **section}

    return change


def change_rep(world: World, email: str, **values: Any) -> int:
    with world.runtime.transaction() as session:
        rep = rep_by_email(session, email)
        assert rep is not None
        for name, value in values.items():
            setattr(rep, name, value)
        return rep.id


def is_away(world: World, email: str, days: int = 7) -> None:
    rep_id = change_rep(world, email)
    with world.runtime.transaction() as session:
        session.add(
            Absence(
                rep_id=rep_id,
                starts_at=NOW - timedelta(days=1),
                ends_at=NOW + timedelta(days=days),
                recorded_at=NOW,
            )
        )


def routes(world: World) -> list[Decision]:
    found = world.all(Decision, Decision.kind == "route")
    return sorted(found, key=lambda decision: decision.id)


def owner(world: World) -> str | None:
    """Introduce another lead; return who gets it."""
    hand_off_id = world.start()
    world.walk(hand_off_id, introduce)
    ae_id = world.hand_off(hand_off_id).ae_id
    if ae_id is None:
        return None
    email: str = world.row(Rep, ae_id).email
    return email


def replays(world: World) -> bool:
    """Whether every stored route replays to the stored result (I8)."""
    with world.runtime.transaction() as session:
        for decision in routes(world):
            section = agreement_of(session, decision.agreement_id).routing
            assert section is not None
            if replay_route(section, decision.facts) != decision.result:
                return False
    return True


def test_shares_go_by_weight_and_every_decision_replays(world_with: Worlds) -> None:
    world = world_with(routing(weights=[{"rep": "ben@seller.example", "weight": 2}]))
    ben = world.rep("AE", "Ben")
    assert [owner(world) for _ in range(6)].count(ben) == 4
    assert len(routes(world)) == 6
    assert replays(world)
    said = routes(world)[-1].reasons[0]
    assert "turn among 2 AEs who may have it" in said
    counted = {row.rep_id: row.given for row in world.all(RouteCounter)}
    assert sorted(counted.values()) == [2, 4]
    assert sum(row.given for row in world.all(RouteDay)) == 6


def test_the_accounts_owner_comes_first(world_with: Worlds) -> None:
    world = world_with(routing())
    ben = world.rep("AE", "Ben")
    hand_off_id = world.start()
    with world.runtime.transaction() as session:
        account = session.get_one(Account, world.lead_of(hand_off_id).account_id)
        account.owner_id = change_rep(world, ben)
    world.walk(hand_off_id, introduce)
    assert routes(world)[-1].result["rule"] == "owner"
    assert routes(world)[-1].result["ae"] == ben


def test_a_territory_reads_the_leads_facts(world_with: Worlds) -> None:
    territories = [
        {
            "id": "big",
            "name": "Big ones",
            "when": "employees > 1000",
            "reps": ["ida@seller.example"],
        },
        {"id": "dach", "name": "DACH", "countries": ["DE"], "teams": ["dach"]},
    ]
    world = world_with(routing(territories=territories))
    ben = world.rep("AE", "Ben")
    change_rep(world, ben, team="dach")
    assert {owner(world) for _ in range(3)} == {ben}
    decision = routes(world)[-1]
    assert decision.facts["lead"] == {"employees": 200, "country": "DE"}
    assert decision.facts["territories"] == [False, True]
    assert decision.reasons[-1] == "Ida Moor: is not among those of the territory DACH"
    assert replays(world)


def test_a_lead_that_nobody_may_have_waits_in_the_queue_with_a_promise(world_with: Worlds) -> None:
    world = world_with(routing())
    is_away(world, world.ae)
    hand_off_id = world.start()
    step = world.walk(hand_off_id, introduce)
    (wait,) = world.waits(hand_off_id)
    assert step == Asleep(wait.id)
    assert wait.subject == "find an AE for a lead in the queue Nobody's leads"
    assert wait.due_at == NOW + timedelta(minutes=60)
    hand_off = world.hand_off(hand_off_id)
    assert hand_off.responsible_id == change_rep(world, world.manager)
    assert hand_off.next_step == wait.subject
    assert world.transport.sent == []
    assert routes(world)[-1].result["rule"] == "fallback"
    sweep(world.runtime)
    assert [sent.recipients[0] for sent in world.mails_to(world.manager)] == [world.manager]
    assert replays(world)


def test_the_queue_goes_on_when_somebody_is_back(world_with: Worlds) -> None:
    world = world_with(routing())
    is_away(world, world.ae, days=1)
    hand_off_id = world.start()
    world.walk(hand_off_id, introduce)
    assert sweep(world.runtime).assignable == 0
    world.clock.advance_to(NOW + timedelta(days=1, minutes=1))
    assert sweep(world.runtime).assignable == 1
    assert isinstance(world.run(introduce, hand_off_id), Finished)
    assert world.hand_off(hand_off_id).ae_id == change_rep(world, world.ae)


def test_a_person_names_an_ae_for_a_lead_of_the_queue(world_with: Worlds) -> None:
    world = world_with(routing(caps={"a_day": 1}))
    owner(world)
    hand_off_id = world.start()
    world.walk(hand_off_id, introduce)
    with pytest.raises(RefusedError, match="is not an active AE"):
        name_ae(world.runtime, hand_off_id, ae=world.sdr, by=world.manager)
    with pytest.raises(RefusedError, match="is not an active MANAGER or APPROVER"):
        name_ae(world.runtime, hand_off_id, ae=world.ae, by=world.sdr)
    name_ae(world.runtime, hand_off_id, ae=world.ae, by=world.manager)
    assert isinstance(world.run(introduce, hand_off_id), Finished)
    assert routes(world)[-1].result == {"ae": world.ae, "rule": "person"}
    assert world.all(RouteCounter)[0].given == 2


@pytest.mark.parametrize("kind", [OutcomeKind.NO_SHOW, OutcomeKind.NOT_MET])
@pytest.mark.parametrize("is_agreed", [True, False])
def test_a_lead_that_came_to_nothing_is_credited_once(
    world_with: Worlds, kind: OutcomeKind, is_agreed: bool
) -> None:
    world = world_with(routing(credits={kind.value: is_agreed}))
    hand_off_id = world.reported(kind)
    world.run(await_outcome, hand_off_id)
    world.run(return_to_nurture, hand_off_id)
    assert [row.given for row in world.all(RouteCounter)] == [0 if is_agreed else 1]


def test_an_ae_who_declines_does_not_get_the_lead_again_and_has_no_lead_less(
    world_with: Worlds,
) -> None:
    def change(agreement: dict[str, Any]) -> None:
        routing()(agreement)
        agreement["techniques"]["appointment"]["on_ae_decline"] = "another_ae"

    world = world_with(change)
    eva = world.rep("AE", "Eva")
    hand_off_id = world.invited()
    world.replies(hand_off_id, world.ae)
    world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)
    world.run(book, hand_off_id)
    assert [decision.result["ae"] for decision in routes(world)] == [world.ae, eva]
    assert routes(world)[-1].reasons[-1] == "Ida Moor: declined this lead, or let its time pass"
    given = {row.rep_id: row.given for row in world.all(RouteCounter)}
    assert given == {change_rep(world, world.ae): 0, change_rep(world, eva): 1}
    assert replays(world)


def test_who_rejected_a_lead_is_not_asked_again_within_the_cool_down(world_with: Worlds) -> None:
    world = world_with(routing(cool_down_days=365))
    first = world.returned()
    world.clock.advance_to(NOW + timedelta(days=100))
    with world.runtime.transaction() as session:
        for kind in ("demo_request", "webinar"):
            session.execute(
                text("insert into touch (lead_id, kind, at) values (:lead, :kind, :at)"),
                {"lead": world.lead_of(first).id, "kind": kind, "at": world.clock.now()},
            )
    second = world.start(world.lead_of(first).id)
    assert isinstance(world.walk(second, introduce), Asleep)
    assert "rejected this lead on 2026-03-" in routes(world)[-1].reasons[-1]
    assert replays(world)
