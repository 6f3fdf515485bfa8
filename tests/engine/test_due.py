"""The batch that judges only who is due decides as one that judges everyone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from baton.domain.clock import SetClock
from baton.engine.batch import (
    chunks_of_waiting,
    close_batch,
    judge_again,
    judge_turned,
    judge_waiting,
    open_batch,
)
from baton.rulebook.active import active_agreement
from baton.rulebook.agreement import Agreement
from baton.rulebook.evaluator import evaluate, judge_set
from baton.rulebook.judged import latest_qualification
from baton.rulebook.rules import compile_rules
from baton.runtime import Runtime
from baton.store.tables import Lead
from baton.store.touches import mark_changed, record_touch
from baton.store.waiting_leads import waiting_leads
from baton.testing.runtime import make_runtime
from tests.factories import make_account, make_lead
from tests.rulebook.documents import NOW, content, decides

LEADS = 120
NIGHTS = 7
DECIDED = ("qualification", "is_hot", "is_marketing_qualified")
KINDS = ("webinar", "page_view", "reply", "unsubscribed", "competitor")
TURNING = (
    "touches('{kind}', {days}) >= {few}",
    "touches('{kind}', {days}) + touches('page_view', 9) < {few}",
    "days_since('{kind}') <= {days}",
    "days_since('{kind}') between 3 and {days} and employees > 100",
    "coalesce(days_since('{kind}'), 999) > {days}",
    "days_since_last_touch < {days}",
    "not (days_since_last_touch >= {days} or touches('{kind}', 5) = 0)",
    "warmth_points > {points} and employees >= 50",
    "total_points between {points} and {more} or is_decision_maker",
    "{points} >= total_points",
    "warmth_points = {points} or days_since('{kind}') > {days}",
    "employees >= 50",
)


def agreed(dice: Random) -> dict[str, Any]:
    """Return an agreement whose verdicts turn by fading and by ageing."""
    data = content()
    if dice.random() < 0.5:
        # Else the fit is the same at any age.
        data["scoring"]["fit"] += [
            {"id": f"aged-{n}", "name": "Aged", "points": dice.choice((-8, 7)), "when": turning}
            for n, turning in enumerate(("touches('webinar', 11) = 0", "days_since('reply') < 6.5"))
        ]
    data["scoring"] |= {
        "warmth": [
            {
                "touch": kind,
                "name": kind,
                "points": (sign := -1 if kind in ("unsubscribed", "competitor") else 1)
                * dice.choice((3, 7.5, 20)),
                "cap": sign * dice.choice((9, 25, 60)),
                "half_life_days": dice.choice((0.4, 3, 10, 45)),
            }
            for kind in KINDS
        ],
        "fit_floor": dice.choice((-10, 5)),
        "warmth_floor": dice.choice((-5, 0, 4, 12)),
        "hand_off_at": dice.choice((10, 22, 35)),
        "hot_at": 40,
    }
    data["marketing_qualified"]["met_when"] = "fit_points >= 10 and warmth_points >= 5"
    data["sales_qualified"] = [
        {
            "id": f"c-{n}",
            "name": "C",
            "ask": "?",
            "required": dice.random() < 0.4,
            "met_when": condition.format(
                kind=dice.choice(KINDS),
                days=dice.choice((4, 7, 30)),
                few=dice.choice((1, 2, 3)),
                points=dice.choice((0, 3, 12)),
                more=dice.choice((20, 40)),
            ),
        }
        for n, condition in enumerate(dice.sample(TURNING, 5))
    ]
    return data


def somebody(session: Session, dice: Random, at: datetime) -> int:
    account = make_account(
        session, f"c{dice.getrandbits(40)}.example", employees=dice.choice((None, 20, 80, 200))
    )
    lead = make_lead(
        session,
        account_id=account.id,
        seniority=dice.choice((None, "vp", "student")),
        answers=dice.choice(({}, {"is_decision_maker": True})),
    )
    for _ in range(dice.choice((0, 1, 2, 6))):
        touched(session, dice, lead.id, at - timedelta(days=dice.expovariate(1 / 12)))
    return lead.id


def touched(session: Session, dice: Random, lead_id: int, at: datetime) -> None:
    record_touch(session, lead_id, kind=dice.choice(KINDS), at=at, detail=str(dice.random()))


def something_happens(session: Session, dice: Random, leads: list[int], at: datetime) -> None:
    """A few leads do something, some of it noted late or too early; a few answer."""
    changed = dice.sample(leads, 6)
    for lead_id in changed[:4]:
        touched(session, dice, lead_id, at - timedelta(hours=dice.choice((-20, 0, 1, 50))))
    session.execute(
        text("update lead set answers = '{\"is_decision_maker\": false}' where id = any(:ids)"),
        {"ids": changed[4:]},
    )
    mark_changed(session, changed, at)


def batch(runtime: Runtime, *, everyone: bool = False) -> int:
    due = open_batch(runtime, everyone=everyone)
    judged = judge_turned(runtime, due)
    for chunk in chunks_of_waiting(runtime, due):
        judge_waiting(runtime, chunk)
        judged += len(chunk)
    close_batch(runtime, due, judged=judged)
    return judged


def stands(session: Session, lead_id: int) -> tuple[datetime, Any]:
    """Return as of when the lead was judged last, and what came of it."""
    stored = latest_qualification(session, lead_id)
    assert stored is not None
    said = stored.result
    return stored.as_of, tuple(said[name] for name in DECIDED)


def would_stand(session: Session, agreement: Agreement, leads: list[int], at: datetime) -> Any:
    return {
        one.lead_id: (one.qualification.value, one.is_hot, one.is_marketing_qualified)
        for one in evaluate(session, 1, agreement, lead_ids=leads, as_of=at)
    }


@pytest.mark.parametrize("seed", range(5))
def test_the_due_are_enough(database: Engine, seed: int) -> None:
    dice, clock = Random(seed), SetClock(NOW)
    runtime = make_runtime(database, clock)
    with runtime.transaction() as session:
        decides(session, agreed(dice))
        leads = [somebody(session, dice, NOW) for _ in range(LEADS)]
    assert batch(runtime) == LEADS, "the first batch judges everyone"
    spared = 0
    for night in range(NIGHTS):
        now = clock.advance(timedelta(hours=dice.choice((0.1, 7, 24, 24, 24, 70, 400))))
        with runtime.transaction() as session:
            something_happens(session, dice, leads, now)
        spared += LEADS - batch(runtime)
        with runtime.transaction() as session:
            _, agreement = active_agreement(session)
            wanted = would_stand(session, agreement, leads, now)
            for lead_id in leads:
                as_of, found = stands(session, lead_id)
                # The rest is as of the judgement, and nothing follows from it.
                same = len(DECIDED) if as_of == now else 1
                assert found[:same] == wanted[lead_id][:same], f"night {night}, lead {lead_id}"
    assert spared > NIGHTS * LEADS / 4, "and most leads need not be judged again"
    clock.advance(timedelta(hours=1))
    assert batch(runtime, everyone=True) == LEADS, "unless everyone is asked for"


def test_who_changes_while_it_is_found_ready_no_longer_is_judged_once_more(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SetClock(NOW)
    runtime = make_runtime(database, clock)
    with runtime.transaction() as session:
        decides(session)
        leads = [make_lead(session, qualified_at=NOW).id for _ in range(2)]

    def judged_meanwhile(session: Session, *args: Any, **how: Any) -> Any:
        said = judge_set(session, *args, **how)
        with runtime.transaction() as other:
            mark_changed(other, leads[:1], clock.advance(timedelta(minutes=1)))
        return said

    monkeypatch.setattr("baton.engine.batch.judge_set", judged_meanwhile)
    clock.advance(timedelta(hours=1))
    assert judge_again(runtime, leads) == len(leads)
    with runtime.transaction() as session:
        assert [session.get_one(Lead, lead).place for lead in leads] == ["waiting", "nurture"]
        assert waiting_leads(session, after=0, size=9) == leads[:1]


def test_a_new_version_makes_everyone_due(database: Engine) -> None:
    clock = SetClock(NOW)
    runtime = make_runtime(database, clock)
    dice = Random(1)
    with runtime.transaction() as session:
        decides(session)
        leads = [somebody(session, dice, NOW) for _ in range(10)]
    assert batch(runtime) == len(leads)
    clock.advance(timedelta(hours=1))
    assert batch(runtime) == 0
    with runtime.transaction() as session:
        data = content()
        data["scoring"]["hand_off_at"] = 31
        decides(session, data)
    assert batch(runtime) == len(leads)


def test_a_restless_condition_makes_everyone_due(database: Engine) -> None:
    clock = SetClock(NOW)
    runtime = make_runtime(database, clock)
    data = content()
    data["sales_qualified"][2]["required"] = True
    data["sales_qualified"][2]["met_when"] = "days_since('webinar') < starts_within_months * 30"
    with runtime.transaction() as session:
        _, agreement = decides(session, data)
        lead = somebody(session, Random(2), NOW)
    assert compile_rules(agreement).turns.is_restless
    assert [batch(runtime), batch(runtime)] == [1, 1]
    assert lead


def test_the_agreement_of_this_repository_is_not_restless() -> None:
    from baton.rulebook.loading import load_agreement  # noqa: PLC0415

    agreement = load_agreement(Path("rules/agreement.yaml")).agreement
    assert not compile_rules(agreement).turns.is_restless
