from __future__ import annotations

import uuid
from threading import Barrier

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from baton.errors import LeaseLostError, RefusedError
from baton.store.hand_offs import (
    finish_stage,
    finished_stages,
    give_lease_back,
    open_hand_off,
    renew_lease,
    take_lease,
)
from baton.store.tables import Lead
from tests.factories import NOW, active_agreement, make_hand_off, make_lead, make_rep
from tests.invariants.threads import Meanwhile


def lapse(session: Session) -> None:
    session.execute(text("update hand_off set lease_until = clock_timestamp() - interval '1 s'"))


def test_a_lease_is_one_workers_until_it_gives_it_back(rows: Session) -> None:
    hand_off_id = make_hand_off(rows).id
    first = take_lease(rows, hand_off_id)
    with pytest.raises(LeaseLostError, match="another worker"):
        take_lease(rows, hand_off_id)
    renew_lease(rows, hand_off_id, first)
    give_lease_back(rows, hand_off_id, first)
    assert take_lease(rows, hand_off_id) == first + 1


def test_a_lapsed_lease_is_taken_over_and_the_old_token_is_worth_nothing(rows: Session) -> None:
    hand_off_id = make_hand_off(rows).id
    first = take_lease(rows, hand_off_id)
    lapse(rows)
    second = take_lease(rows, hand_off_id)
    with pytest.raises(LeaseLostError, match="taken over"):
        renew_lease(rows, hand_off_id, first)
    give_lease_back(rows, hand_off_id, first)
    renew_lease(rows, hand_off_id, second)


def test_of_workers_that_take_one_hand_off_at_once_one_gets_it(database: Engine) -> None:
    with Session(database) as session:
        hand_off_id = make_hand_off(session).id
        session.commit()
    together = Barrier(6, timeout=20)

    def take() -> bool:
        with Session(database) as session:
            together.wait()
            try:
                take_lease(session, hand_off_id)
            except LeaseLostError:
                return False
            session.commit()
            return True

    assert sum(worker.result() for worker in [Meanwhile(take) for _ in range(6)]) == 1


def test_a_stage_is_in_the_ledger_once_with_its_first_result(rows: Session) -> None:
    hand_off = make_hand_off(rows)
    finish_stage(rows, hand_off, "score", result={"total_points": 60}, at=NOW)
    finish_stage(rows, hand_off, "score", result={"total_points": 1}, at=NOW)
    rows.flush()
    assert finished_stages(rows, hand_off.id) == {"score": {"total_points": 60}}


def opened(session: Session, lead: Lead) -> uuid.UUID:
    agreement = active_agreement(session).id
    return open_hand_off(session, lead.id, agreement_id=agreement, by="test", at=NOW, due_at=NOW).id


def test_opening_twice_is_one_hand_off(rows: Session) -> None:
    make_rep(rows)
    lead = make_lead(rows)
    assert opened(rows, lead) == opened(rows, lead)


def test_the_sdr_who_owns_the_lead_keeps_it_and_others_take_turns(rows: Session) -> None:
    first, second = make_rep(rows), make_rep(rows)
    make_rep(rows).is_active = False
    owned = make_lead(rows, owner_id=second.id)
    opened(rows, owned)
    leads = [make_lead(rows) for _ in range(3)]
    for lead in leads:
        opened(rows, lead)
    assert [owned.owner_id, *(lead.owner_id for lead in leads)] == [
        second.id,
        first.id,
        first.id,
        second.id,
    ]


def test_without_an_sdr_nothing_is_opened_and_the_refusal_says_why(rows: Session) -> None:
    lead = make_lead(rows)
    with pytest.raises(RefusedError, match="no active SDR"):
        opened(rows, lead)
