"""Leads in nurture: who is judged again, who wakes, and what the others are called."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from baton.store.nurtured_leads import (
    Ageing,
    Floors,
    Moving,
    Turned,
    due_leads,
    due_of_span,
    move_nurtured,
    nurtured_span,
    settle_due,
    turned_leads,
)
from baton.store.tables import Lead, StatusChange
from baton.store.touches import mark_changed
from baton.store.waiting_leads import Reasons, ready_leads
from tests.factories import (
    NOW,
    active_agreement,
    make_hand_off,
    make_judgement,
    make_lead,
    make_returned,
    make_touch,
)
from tests.store.judged_leads import DAY, NOT_QUALIFIED, judged, nurtured, place_of


def turned(
    session: Session,
    *ages: tuple[str | None, float],
    floors: Floors | None = None,
    fixed: tuple[int, ...] = (),
) -> Turned:
    return turned_leads(session, Ageing(ages, floors, fixed), since=NOW - DAY, until=NOW)


def test_a_lead_turns_when_its_latest_judgement_holds_no_longer(rows: Session) -> None:
    leads = [nurtured(rows) for _ in range(6)]
    waits, goes = make_lead(rows, qualified_at=NOW), make_lead(rows)
    changed = make_lead(rows, qualified_at=NOW - DAY)
    days = (-1.0, 0.0, -0.5, -0.5, 0.1, -1.1)
    for lead, holds in zip(leads, days, strict=True):
        judged(rows, lead, at=NOW - DAY, holds_until=NOW + holds * DAY)
    judged(rows, waits, goes, changed, at=NOW - DAY, holds_until=NOW)
    judged(rows, leads[3], holds_until=None)
    make_hand_off(rows, lead=goes)
    returned = make_returned(rows).lead_id
    judged(rows, rows.get_one(Lead, returned), at=NOW - DAY, holds_until=NOW)
    # Those who judge see to it that only nurtured ones are judged.
    others = [*(lead.id for lead in leads[:3]), goes.id, returned]
    assert turned(rows) == Turned([waits.id], sorted(others))


@pytest.mark.parametrize(
    ("days", "is_due"), [(13.99, False), (14.0, True), (14.5, True), (15.0, True), (15.01, False)]
)
def test_a_lead_turns_when_a_touch_comes_to_an_age_that_counts(
    rows: Session, days: float, is_due: bool
) -> None:
    lead = nurtured(rows)
    make_touch(rows, lead, at=NOW - days * DAY, kind="webinar")
    make_touch(rows, lead, at=NOW - 30 * DAY, kind="reply")
    expected = [lead.id] if is_due else []
    assert turned(rows, ("webinar", 14)).others == expected
    assert turned(rows, (None, 14)).others == expected
    assert turned(rows, ("reply", 14)).others == []
    # The last touch of any kind counts, not one before it.
    assert turned(rows, (None, 30)).others == []


def moved(session: Session, judging_id: int, moving: Moving) -> int:
    reasons = Reasons(["The company fits", "They decide"], [2, 3])
    return move_nurtured(session, moving, judging_id=judging_id, reasons=reasons, at=NOW)


def did(*tenths: int) -> list[list[int]]:
    """What a lead did that gave it so many points, rule by rule."""
    return [[place, 1, 0, 1, points] for place, points in enumerate(tenths, 1)]


def test_an_age_matters_to_no_lead_whose_points_or_other_verdicts_decide(rows: Session) -> None:
    misfit, cold, short, unmet, loser, unsure, ready = (nurtured(rows) for _ in range(7))
    enough: dict[str, Any] = {
        "fit_tenths": 100,
        "warmth_tenths": 60,
        "did": did(60),
    }
    judged(rows, ready, **NOT_QUALIFIED)
    judged(rows, misfit, **enough | {"fit_tenths": 99, "warmth_tenths": 100})
    judged(rows, cold, **enough | {"fit_tenths": 200, "warmth_tenths": 49})
    judged(rows, short, **enough | {"warmth_tenths": 59})
    judged(rows, unmet, **enough, verdicts=[True, False, True])
    # A loss fades, and lifts the lead over the floor one day.
    judged(rows, loser, **enough | {"warmth_tenths": 0, "did": did(90, -90)})
    judged(rows, unsure, **enough, verdicts=[True, None, False])
    judged(rows, ready, **enough)
    leads = (misfit, cold, short, unmet, loser, unsure, ready)
    for lead in leads:
        make_touch(rows, lead, at=NOW - 14 * DAY, kind="webinar")
    age = ("webinar", 14)
    assert turned(rows, age).others == [lead.id for lead in leads]
    floors = Floors(fit=10, warmth=5, total=16)
    expected = [loser.id, unsure.id, ready.id]
    assert turned(rows, age, floors=floors, fixed=(2,)).others == expected
    unknown = nurtured(rows)
    make_touch(rows, unknown, at=NOW - 14 * DAY, kind="webinar")
    assert turned(rows, age, floors=floors, fixed=(2,)).others == [*expected, unknown.id]


@pytest.mark.parametrize(
    ("days", "is_due"), [(-1.0, False), (-0.5, True), (0.0, True), (0.1, False)]
)
def test_a_lead_turns_when_a_touch_comes_to_pass_that_was_entered_beforehand(
    rows: Session, days: float, is_due: bool
) -> None:
    lead = nurtured(rows)
    make_touch(rows, lead, at=NOW + days * DAY)
    assert turned(rows).others == ([lead.id] if is_due else [])


def test_who_did_something_in_nurture_is_due_until_it_is_judged(rows: Session) -> None:
    did, returned, waits, nobody = (
        nurtured(rows),
        rows.get_one(Lead, make_returned(rows).lead_id),
        make_lead(rows, qualified_at=NOW),
        nurtured(rows),
    )
    assert turned(rows) == Turned([], [])
    for _ in range(2):
        mark_changed(rows, [waits.id, returned.id, did.id], NOW)
    assert turned(rows) == Turned([], [did.id, returned.id])
    assert list(due_leads(rows)) == [did.id, returned.id]
    settle_due(rows, due_of_span(rows, did.id, did.id))
    assert turned(rows) == Turned([], [returned.id])
    assert due_of_span(rows, nobody.id, nobody.id) == {}
    settle_due(rows, due_of_span(rows, returned.id, returned.id))
    assert turned(rows) == Turned([], [])
    settle_due(rows, {})


def test_what_was_noted_of_a_lead_since_keeps_it_due(database: Engine) -> None:
    with Session(database) as session, session.begin():
        lead_id = nurtured(session).id
    for noted in range(2):
        with Session(database) as session, session.begin():
            mark_changed(session, [lead_id], NOW)
        with Session(database) as session, session.begin():
            found = due_leads(session)
        if not noted:
            before = found
    assert before != found
    for version, left in ((before, [lead_id]), (found, [])):
        with Session(database) as session, session.begin():
            settle_due(session, version)
            assert list(due_of_span(session, lead_id, lead_id)) == left


def test_who_leaves_nurture_is_not_due_any_more(rows: Session) -> None:
    gone, stays = nurtured(rows), nurtured(rows)
    mark_changed(rows, [gone.id, stays.id], NOW)
    gone.place, gone.check_in_on = "waiting", None
    stays.check_in_on = date(2025, 6, 2)
    rows.flush()
    assert list(due_of_span(rows, 0, 10**9)) == [stays.id]


def test_who_came_to_be_ready_in_nurture_waits_again(rows: Session) -> None:
    ready, not_yet, waits = nurtured(rows), nurtured(rows), make_lead(rows)
    returned, acted = (rows.get_one(Lead, make_returned(rows).lead_id) for _ in range(2))
    number = judged(rows, ready, waits, returned, acted)
    make_judgement(rows, not_yet, active_agreement(rows), judging_id=number, **NOT_QUALIFIED)
    said_ready = [ready.id, waits.id, returned.id, acted.id]
    assert moved(rows, number, Moving(said_ready, [], did=[acted.id])) == 2
    assert moved(rows, number, Moving([], [], did=[])) == 0
    assert place_of(rows, ready.id) == ("waiting", "new", "qualifies now")
    assert rows.get_one(Lead, ready.id).check_in_on is None
    assert [place_of(rows, lead.id)[0] for lead in (not_yet, returned)] == ["nurture", "nurture"]
    assert place_of(rows, waits.id)[2] is None
    assert list(ready_leads(rows, most=10)) == [ready.id, acted.id]


def test_who_stays_in_nurture_has_the_status_that_it_earned(rows: Session) -> None:
    better, worse, same, elsewhere = (
        make_lead(rows, place=place, status=status, check_in_on=date(2025, 6, 1))
        for place, status in (
            ("nurture", "nurture"),
            ("nurture", "marketing_qualified"),
            ("nurture", "nurture"),
            ("waiting", "nurture"),
        )
    )
    number = judged(rows, better, elsewhere, **NOT_QUALIFIED)
    for lead in (worse, same):
        make_judgement(
            rows,
            lead,
            active_agreement(rows),
            judging_id=number,
            is_marketing_qualified=False,
            verdicts=[True, False, True],
            **NOT_QUALIFIED,
        )
    leads = [lead.id for lead in (better, worse, same, elsewhere)]
    assert moved(rows, number, Moving([], leads, did=leads)) == 2
    assert [place_of(rows, lead)[1:] for lead in leads] == [
        ("marketing_qualified", "score 8.5 (fit 5, warmth 3.5) is below the agreed one"),
        ("nurture", "not met: The company fits"),
        ("nurture", None),
        ("nurture", None),
    ]
    changes = rows.scalars(select(StatusChange).order_by(StatusChange.lead_id))
    assert [(one.lead_id, one.from_place, one.to_place) for one in changes] == [
        (better.id, "nurture", "nurture"),
        (worse.id, "nurture", "nurture"),
    ]


def test_nurtured_leads_span_their_lowest_and_highest_id(rows: Session) -> None:
    assert nurtured_span(rows) is None
    make_lead(rows)
    first, _, last = nurtured(rows), make_lead(rows), nurtured(rows)
    make_lead(rows)
    assert nurtured_span(rows) == (first.id, last.id)
