"""What a single reviewer found, under a release that knew no other, stays found (E3)."""

from __future__ import annotations

import gzip
import uuid

import psycopg
import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.orm import Session

from baton.domain.oversight import Miss
from baton.errors import RefusedError
from baton.store.database import connect, create_database, migrate
from baton.store.review_reports import review_report
from baton.store.reviews import Said, record_review
from baton.store.tables import Review, ReviewVerdict
from tests.factories import make_rep
from tests.upgrades.restoring import FIXTURES

# The committee could say so then: the lead fitted, and still it was marketing's miss.
FOUND = """
    set search_path to public;
    insert into review (period, seed, hand_off_id, drawn_at, reviewer_id, fitted, miss, follow_up,
        decided_at)
    select '2025-0' || n, 7, h.id, '2026-01-01Z', r.id, n = 1, 'marketing', 'Ask before.',
        '2026-01-02Z'
    from (select id from hand_off where state = 'returned' limit 1) h, generate_series(1, 2) n,
        (select id from rep limit 1) r;
    insert into review (period, seed, hand_off_id, drawn_at)
    select '2025-03', 8, id, '2026-01-01Z' from hand_off where state = 'returned' limit 1
"""


def test_old_findings_are_kept_and_open_cases_wait_for_two(server_url: str) -> None:
    name = f"reviewed_{uuid.uuid4().hex}"
    url = create_database(server_url, name)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(gzip.decompress(FIXTURES[-1].read_bytes()))
        connection.execute(FOUND)
    engine = connect(url)
    migrate(engine)
    with Session(engine) as session:
        check(session)
    engine.dispose()
    admin = connect(server_url).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection_:
        connection_.execute(text(f"drop database {make_url(url).database}"))
    admin.dispose()


def check(session: Session) -> None:
    *found, open_ = session.scalars(select(Review).order_by(Review.period)).all()
    verdicts = session.scalars(select(ReviewVerdict).order_by(ReviewVerdict.review_id)).all()
    assert [(v.review_id, v.seat, v.fitted) for v in verdicts] == [
        (found[0].id, 0, True),
        (found[1].id, 0, False),
    ]
    assert {(v.miss, v.follow_up, v.at) for v in verdicts} == {
        ("marketing", "Ask before.", found[0].decided_at)
    }
    assert None not in {v.reviewer_id for v in verdicts}
    report = review_report(session, "2025-03", months=3)
    assert (report.drawn, report.decided, report.total.overturned) == (3, 2, 1)
    assert report.follow_ups == ("Ask before.",) * 2
    by = make_rep(session, "REVIEWER").email
    said = Said(Miss.NOBODY, "nothing")
    at = open_.drawn_at
    with pytest.raises(RefusedError, match="a finding stands"):
        record_review(session, found[0].id, said, reviewer_email=by, at=at)
    assert record_review(session, open_.id, said, reviewer_email=by, at=at).finding is None
