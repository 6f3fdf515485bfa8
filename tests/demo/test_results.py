from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.demo.cast import CHANCES, Part, part_by_chance
from baton.demo.comparing import compare
from baton.demo.funnel import Funnel, FunnelLead
from baton.demo.results import count_results, result_of
from baton.domain.clock import SetClock
from baton.errors import BatonError
from baton.store.ends import LeadEnd
from baton.testing.runtime import make_runtime
from tests.factories import (
    NOW,
    make_agreement,
    make_hand_off,
    make_intake,
    make_lead,
    make_quarantine,
    make_returned,
    make_transferred,
)


def end(external_id: str, place: str, state: str | None, introduced: bool = True) -> LeadEnd:
    return LeadEnd(1, external_id, place, "why", state, introduced)


@pytest.mark.parametrize(
    ("place", "state", "result"),
    [
        ("with_ae", "transferred", "transferred"),
        ("nurture", "returned", "returned"),
        ("nurture", "not_qualified", "not_qualified"),
        ("nurture", None, "not_qualified"),
        ("waiting", None, "not_qualified"),
        ("hand_off", "open", "open"),
        ("closed", "closed", "closed"),
        ("quarantined", None, "quarantined"),
    ],
)
def test_every_place_is_one_result(place: str, state: str | None, result: str) -> None:
    assert result_of(end("x", place, state)) == result


def test_the_results_add_up_to_what_was_imported(database: Engine) -> None:
    with Session(database) as session, session.begin():
        agreement = make_agreement(session)
        make_transferred(session, agreement=agreement)
        make_returned(session, agreement=agreement)
        make_hand_off(session, agreement=agreement)
        make_lead(session)
        make_quarantine(session, make_intake(session).id)
        make_quarantine(session, make_intake(session, "touch:1").id)
    results = count_results(make_runtime(database, SetClock(NOW)))
    assert results.imported == 5 == sum(results.counts.values())
    assert results.handed_off == 2
    assert results.reasons["quarantined", "email: no address"] == 1


def test_a_lost_lead_is_an_error_and_not_a_number(database: Engine) -> None:
    with Session(database) as session, session.begin():
        make_lead(session)
        make_intake(session)
    with pytest.raises(BatonError, match="2 were taken in, but 1 are somewhere"):
        count_results(make_runtime(database, SetClock(NOW)))


def test_a_funnel_is_compared_lead_by_lead() -> None:
    won_at = datetime(2018, 3, 1, tzinfo=UTC)
    leads = [
        FunnelLead(name, date(2018, 2, 1), "page", None, won_at if name.startswith("won") else None)
        for name in ("won1", "won2", "lost1", "lost2", "won3")
    ]
    ends = [
        end("won1", "with_ae", "transferred"),
        end("won2", "nurture", "returned"),
        end("lost1", "nurture", "returned"),
        end("lost2", "with_ae", "transferred"),
        end("won3", "nurture", None, introduced=False),
    ]
    found = compare(Funnel(tuple(leads), (), (), ()), ends)
    assert (found.handed_off, found.agree) == (4, 2)
    assert [(each.id, each.ended) for each in found.disagree] == [
        ("won2", "returned"),
        ("lost2", "transferred"),
    ]


def test_chance_gives_everybody_a_part_in_the_agreed_proportion() -> None:
    parts = [part_by_chance(f"person{number}@buyer.example") for number in range(4000)]
    assert parts == [part_by_chance(f"person{number}@buyer.example") for number in range(4000)]
    for part, chance in CHANCES.items():
        assert parts.count(part) / len(parts) == pytest.approx(chance, abs=0.03)
    assert parts.count(Part.BUYS) > len(parts) / 2
