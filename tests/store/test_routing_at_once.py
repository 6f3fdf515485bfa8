"""Fifty assignments at the same time, on threads of their own: no cap and no bound is broken."""

from __future__ import annotations

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from baton.engine.assigning import assign_ae
from baton.store.routing import Reading, aes_at
from baton.store.tables import HandOff, Lead, RouteCounter, RouteDay
from baton.testing.agreeing import agreed
from tests.factories import make_hand_off, make_rep
from tests.rulebook.documents import content

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AES = 7
LEADS = 50
CAP = 6
OPEN = 3


def prepare(database: Engine, section: dict[str, object]) -> list[uuid.UUID]:
    fallback = {"name": "Nobody's", "to": "max@seller.example", "within_minutes": 60}
    said = content() | {"routing": {"fallback": fallback, **section}}
    with Session(database) as session, session.begin():
        agreed(session, said, at=NOW)
        for _ in range(AES):
            make_rep(session, "AE")
        return [make_hand_off(session, at=NOW).id for _ in range(LEADS)]


def assign_all(database: Engine, hand_offs: list[uuid.UUID]) -> Counter[int | None]:
    def assign(hand_off_id: uuid.UUID) -> int | None:
        with Session(database) as session, session.begin():
            return assign_ae(session, session.get_one(HandOff, hand_off_id), at=NOW)

    with ThreadPoolExecutor(max_workers=10) as pool:
        return Counter(pool.map(assign, hand_offs))


def test_fifty_at_once_stay_within_one_lead_of_their_shares(database: Engine) -> None:
    given = assign_all(database, prepare(database, {}))
    assert sorted(given.values()) == [7] * 6 + [8]
    with Session(database) as session:
        counted = {row.rep_id: row.given for row in session.scalars(select(RouteCounter))}
    assert counted == given


def test_fifty_at_once_do_not_break_a_cap(database: Engine) -> None:
    given = assign_all(database, prepare(database, {"caps": {"a_day": CAP}}))
    assert given.pop(None) == LEADS - AES * CAP
    assert set(given.values()) == {CAP}
    with Session(database) as session:
        assert {row.given for row in session.scalars(select(RouteDay))} == {CAP}


def test_leads_that_end_while_others_are_given_do_not_break_the_cap_of_open_ones(
    database: Engine,
) -> None:
    hand_offs = prepare(database, {"caps": {"open_hand_offs": OPEN}})

    def assign_and_end(place: int) -> None:
        (chosen,) = assign_all(database, [hand_offs[place]])
        if chosen is not None and place % 2:
            with Session(database) as session, session.begin():
                ended = session.get_one(HandOff, hand_offs[place])
                session.get_one(Lead, ended.lead_id).place = "waiting"
                ended.state, ended.closed_at, ended.close_reason = "cancelled", NOW, "test"

    with ThreadPoolExecutor(max_workers=10) as pool:
        list(pool.map(assign_and_end, range(LEADS)))
    with Session(database) as session:
        had = session.scalars(select(HandOff.ae_id).where(HandOff.state == "open"))
        really = Counter(rep_id for rep_id in had if rep_id is not None)
        columns = aes_at(session, Reading(1, NOW), ("id", "open")).columns
    assert Counter(dict(zip(*columns, strict=True))) == really
    assert 0 < max(really.values()) <= OPEN
