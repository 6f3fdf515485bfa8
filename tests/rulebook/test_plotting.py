"""The picture of a backtest: scores by outcome, and the curve of other thresholds."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from baton.rulebook.backtesting import backtest
from baton.rulebook.loading import agreement_from_content
from baton.rulebook.plotting import (
    Point,
    Scored,
    draw,
    score_bars,
    score_leads,
    threshold_curve,
)
from baton.rulebook.replaying import Period
from baton.store.tables import Lead
from tests.factories import make_returned, make_transferred
from tests.rulebook.documents import NOW, content
from tests.rulebook.test_backtest import decide, lead_of, with_scoring

SVG = "{http://www.w3.org/2000/svg}"
PERIOD = Period(NOW - timedelta(days=1), NOW + timedelta(days=30))


def test_the_curve_says_what_each_threshold_would_have_brought() -> None:
    scored = [
        Scored(40, 40, was_accepted=True),
        Scored(20, 20, was_accepted=True),
        Scored(20, 20, was_accepted=False),
        Scored(45, None, was_accepted=False),
        Scored(44, 44, was_accepted=None),
    ]
    curve = {point.hand_off_at: point for point in threshold_curve(scored)}
    assert curve[0] == Point(0, 2 / 3, 1.0)
    assert curve[20] == Point(20, 2 / 3, 1.0)
    assert curve[21] == Point(21, 1.0, 0.5)
    assert curve[40] == Point(40, 1.0, 0.5)
    assert curve[41] == Point(41, None, 0.0)


def test_without_outcomes_there_is_no_curve() -> None:
    assert threshold_curve([Scored(40, 40, None)]) == []


points = st.integers(-3000, 3000).map(lambda tenths: tenths / 10)


@given(
    st.lists(
        st.builds(Scored, points, st.none() | points, st.sampled_from([True, False, None])),
        min_size=1,
        max_size=30,
    )
)
def test_every_lead_stands_in_one_bar(scored: list[Scored]) -> None:
    bars = score_bars(scored)
    assert sum(bar.leads for bar in bars) == len(scored)
    for bar in bars:
        inside = [s for s in scored if bar.at <= s.total_points < bar.at + bar.width]
        assert bar.accepted == sum(s.was_accepted is True for s in inside)
        assert bar.returned == sum(s.was_accepted is False for s in inside)


@pytest.mark.parametrize("hand_off_at", [20, 30, 36, 40])
def test_the_curve_is_what_a_backtest_of_that_threshold_says(
    session: Session, hand_off_at: float
) -> None:
    for webinars in (1, 2, 3, 4):
        make_later = [make_transferred, make_returned][webinars % 2]
        for seniority in ("vp", "student"):
            lead = lead_of(session, webinars=webinars, seniority=seniority)
            decide(session)
            make_later(session, lead=lead, at=NOW)
    session.commit()
    scored = score_leads(session, agreement_from_content(content()), period=PERIOD)
    curve = {point.hand_off_at: point for point in threshold_curve(scored)}
    agreement = agreement_from_content(with_scoring(hand_off_at=hand_off_at))
    told = backtest(session, agreement, since=PERIOD.since, until=PERIOD.until).now
    assert curve[hand_off_at] == Point(hand_off_at, told.precision_ratio, told.recall_ratio)


def test_the_picture_is_sound_svg_and_a_title_is_never_markup(session: Session) -> None:
    make_transferred(session, lead=_decided(session), at=NOW)
    session.commit()
    agreement = agreement_from_content(content() | {"title": "A <script> & more"})
    found = backtest(session, agreement, since=None, until=PERIOD.until)
    scored = score_leads(session, agreement, period=PERIOD)
    picture = ET.fromstring(draw(found, agreement, scored))
    texts = [element.text for element in picture.iter(f"{SVG}text")]
    assert "A <script> & more" in texts
    assert "hand-off at 30" in texts
    assert picture.find(f".//{SVG}script") is None
    assert picture.find(f".//{SVG}rect[@fill='#2a9d5c']/{SVG}title") is not None


def _decided(session: Session) -> Lead:
    lead = lead_of(session)
    decide(session)
    return lead
