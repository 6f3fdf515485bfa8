"""Attempts, the next one, and when a lead may be given up (D6)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from baton.domain.hand_off import EffectKind
from baton.engine import actions
from baton.engine.following_up import FollowUp, follow_ups
from baton.engine.inviting import times_of
from baton.engine.sweep import sweep
from baton.errors import RefusedError
from baton.store.tables import CrmEntry, GivenUp, Lead
from tests.engine.worlds import World
from tests.invariants.guards import refuses

DAY = timedelta(days=1)
ENOUGH = (("phone", 0), ("email", 3), ("phone", 3), ("phone", 4), ("social", 4))


@pytest.fixture
def lead_id(world: World) -> int:
    """A lead that an AE has just got."""
    return world.lead_of(world.transferred()).id


def tries(world: World, lead_id: int, *attempts: tuple[str, int]) -> None:
    """Try by each channel, so many days after the one before."""
    for channel, days in attempts:
        world.clock.advance(days * DAY)
        assert actions.log_attempt(world.runtime, lead_id, channel=channel, by=world.ae)


def standing(world: World, lead_id: int) -> FollowUp:
    with world.runtime.transaction() as session:
        (found,) = follow_ups(session, now=world.clock.now(), lead_id=lead_id)
    return found


def in_crm(world: World, lead_id: int) -> list[Any]:
    rows = world.all(CrmEntry, CrmEntry.lead_id == lead_id)
    return [row.body["title"] for row in rows if row.kind == EffectKind.CRM_NOTE]


def test_a_lead_is_given_up_after_the_agreed_attempts(world: World, lead_id: int) -> None:
    tries(world, lead_id, *ENOUGH)
    done = actions.give_up(world.runtime, lead_id, by=world.ae)
    assert (done.attempts, done.channels) == (5, ("email", "phone", "social"))
    lead: Lead = world.row(Lead, lead_id)
    assert (lead.place, lead.status) == ("closed", "disqualified")
    assert lead.place_reason == "no contact: 5 attempts over 14 days by email, phone, social"
    sweep(world.runtime)
    assert in_crm(world, lead_id)[-1] == "Given up"
    assert world.all(CrmEntry, CrmEntry.lead_id == lead_id, CrmEntry.kind == "crm_status")[
        -1
    ].body == {"status": "disqualified"}


@pytest.mark.parametrize(
    ("attempts", "missing"),
    [
        ((), "0 of 5 attempts, 0 of 14 days, 0 of 2 channels"),
        (ENOUGH[:-1], "4 of 5 attempts, 10 of 14 days"),
        ([("phone", days) for _, days in ENOUGH], "1 of 2 channels"),
        ([(channel, 0) for channel, _ in ENOUGH], "0 of 14 days"),
    ],
)
def test_silence_is_not_dead(
    world: World, lead_id: int, attempts: list[tuple[str, int]], missing: str
) -> None:
    tries(world, lead_id, *attempts)
    with pytest.raises(RefusedError, match=f"not tried enough: {missing}\\. "):
        actions.give_up(world.runtime, lead_id, by=world.ae)
    assert world.row(Lead, lead_id).place == "with_ae"
    assert standing(world, lead_id).missing == tuple(missing.split(", "))


def test_only_a_managers_logged_reason_closes_it_earlier(world: World, lead_id: int) -> None:
    with pytest.raises(RefusedError, match="only a manager's reason"):
        actions.give_up(world.runtime, lead_id, by=world.ae, reason="no time")
    with pytest.raises(RefusedError, match="not tried enough"):
        actions.give_up(world.runtime, lead_id, by=world.manager, reason="  ")
    actions.give_up(world.runtime, lead_id, by=world.manager, reason="the company closed")
    (record,) = world.all(GivenUp)
    assert (record.reason, record.attempts) == ("the company closed", 0)
    assert world.row(Lead, lead_id).place_reason == (
        "no contact: the company closed (0 attempts over 0 days by nothing)"
    )
    with pytest.raises(RefusedError, match="not an AE's \\(it is closed\\)"):
        actions.give_up(world.runtime, lead_id, by=world.manager, reason="again")


def test_another_ae_does_not_give_it_up(world: World, lead_id: int) -> None:
    tries(world, lead_id, *ENOUGH)
    with pytest.raises(RefusedError, match="its owner or a manager"):
        actions.give_up(world.runtime, lead_id, by=world.rep("AE", "Eve"))


def test_who_answered_was_reached(world: World) -> None:
    hand_off_id = world.transferred()
    lead_id = world.lead_of(hand_off_id).id
    tries(world, lead_id, *ENOUGH)
    world.replies(hand_off_id, world.lead_of(hand_off_id).email or "")
    assert standing(world, lead_id).next_at is None
    with pytest.raises(RefusedError, match="it was reached"):
        actions.give_up(world.runtime, lead_id, by=world.ae)


def test_nobody_is_told_to_call_who_opted_out(world: World, lead_id: int) -> None:
    """I4."""
    assert standing(world, lead_id).is_owed
    email = world.row(Lead, lead_id).email or ""
    actions.opt_out(world.runtime, email, channel="email", source="cli")
    found = standing(world, lead_id)
    assert (found.has_opted_out, found.is_owed, found.next_at) == (True, False, None)
    assert found.missing


def test_the_database_refuses_to_close_it_without_a_record(world: World, lead_id: int) -> None:
    with world.runtime.transaction() as session:
        refuses(
            session,
            "update lead set place = 'closed', status = 'disqualified', place_reason = 'dead'"
            " where id = :lead",
            "D6: lead",
            lead=lead_id,
        )
        refuses(
            session,
            "insert into given_up (lead_id, by_id, at, attempts, channels, days, minimum_attempts,"
            " minimum_channels, over_days, reason) select :lead, owner_id, now(), 4, 2, 14, 5, 2,"
            " 14, '' from lead where id = :lead",
            "ck_given_up_tried_enough",
            lead=lead_id,
        )


def test_attempts_stand_in_the_crm_once(world: World, lead_id: int) -> None:
    for _ in range(2):
        actions.log_attempt(
            world.runtime, lead_id, channel=" Phone ", by=world.ae, note="no answer", key="call-1"
        )
    sweep(world.runtime)
    sweep(world.runtime)
    noted = world.all(CrmEntry, CrmEntry.lead_id == lead_id, CrmEntry.external_id.like("attempt-%"))
    assert [entry.body for entry in noted] == [
        {"title": "Attempt 1 by email", "text": "Ida Moor: answered the introduction"},
        {"title": "Attempt 2 by phone", "text": "Ida Moor: no answer"},
    ]


@pytest.mark.parametrize(
    ("likes", "expected"),
    [
        # Tried on Monday 2 March: a quarter of fourteen days is over in the night to Friday.
        (None, datetime(2026, 3, 6, 9, 0, tzinfo=UTC)),
        ("Tuesdays 14:00-15:00", datetime(2026, 3, 10, 13, 0, tzinfo=UTC)),
    ],
)
def test_the_next_attempt_is_in_the_leads_best_hours(
    world: World, lead_id: int, likes: str | None, expected: datetime
) -> None:
    with world.runtime.transaction() as session:
        session.get_one(Lead, lead_id).preferred_time = likes
    tries(world, lead_id, ("phone", 0))
    assert standing(world, lead_id).next_at == expected


@pytest.mark.parametrize(
    ("lead_likes", "ae_likes", "expected"),
    [
        (None, None, "Mon 02 13:00"),
        ("fridays at 14:00", "mornings", "Fri 06 13:00"),
        (None, "Wed 9:00-10:00", "Wed 04 09:00"),
        ("afternoons", "Thu 8-18", "Thu 05 12:00"),
        ("not in the morning", None, "Mon 02 13:00"),
    ],
)
def test_meetings_are_proposed_when_both_like_to_meet(
    world: World, lead_likes: str | None, ae_likes: str | None, expected: str
) -> None:
    with world.runtime.transaction() as session:
        session.execute(
            world.sql("update rep set preferred_time = :likes where role = 'AE'"),
            {"likes": ae_likes},
        )
    hand_off_id: uuid.UUID = world.invited(preferred_time=lead_likes)
    start, _ = times_of(world.meetings(hand_off_id)[-1])
    assert f"{start:%a %d %H:%M}" == expected
