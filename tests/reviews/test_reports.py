"""The committee's report: patterns with their uncertainty, and never a person (E4)."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from baton.domain.oversight import Consequence, Miss, Stratum
from baton.domain.rates import wilson
from baton.errors import InputError
from baton.store.review_cases import open_reviews
from baton.store.review_draws import DrawnStratum, Sampling, draw_reviews
from baton.store.review_reports import OverturnRate, review_report
from baton.store.tables import Rep
from tests.factories import (
    AGREEMENT,
    make_agreement,
    make_lead,
    make_rep,
    make_returned,
)
from tests.reviews.cases import APRIL, decide, draw, says

MISSES = (Miss.SALES, Miss.MARKETING, Miss.DEFINITION)
TOLD = {"judged", "overturned", "ratio", "low", "high"}


def rate(name: str, overturned: int, judged: int) -> OverturnRate:
    low, high = wilson(overturned, judged)
    return OverturnRate(
        name=name,
        judged=judged,
        overturned=overturned,
        ratio=overturned / judged,
        low=low,
        high=high,
    )


def hidden(name: str) -> OverturnRate:
    return OverturnRate(name=name, **dict.fromkeys(TOLD))


def test_the_report_tells_what_was_found_and_what_came_of_it(session: Session) -> None:
    for unmet in (("decides",), ("decides", "fits-our-market"), ("decides",), ("decides",)):
        make_returned(session, unmet=unmet)
    draw(session, ratio=1, strata=(Stratum.REASON,))
    cases = open_reviews(session)
    for case, miss in zip(cases[:3], MISSES, strict=True):
        decide(session, case.id, miss)
    says(session, cases[3].id, Miss.SALES)
    says(session, cases[3].id, Miss.NOBODY)
    report = review_report(session, "2025-03")
    assert (report.rejections, report.drawn, report.decided, report.differing) == (4, 4, 3, 1)
    assert report.misses == {"sales": 1, "marketing": 1, "definition": 1, "nobody": 0}
    assert (report.seeds, report.months) == ({"2025-03": 1}, 1)
    assert {one.name: one.drawn for one in report.strata} == {"decides": 3, "fits-our-market": 1}
    assert report.total == rate("all", 1, 3)
    assert [one.name for one in report.by_reason][-1] == "We talk to someone who decides"
    assert report.by_reason[-1].judged == 3
    assert report.came_of_it == {
        Consequence.LEAD_WAITS: 1,
        Consequence.NO_CREDIT: 2,
        Consequence.PROPOSAL: 1,
    }
    assert report.follow_ups == ("Talk it over.",) * 6


def test_a_proposal_is_told_with_its_criterion_and_nobodys_name(session: Session) -> None:
    ae = make_rep(session, "AE", name="Anna Doorn")
    make_returned(session, ae=ae)
    draw(session)
    [case] = open_reviews(session)
    words = {"proposal": "Say it as Anna Doorn does.", "follow_up": "Ask Doorn."}
    decide(session, case.id, Miss.DEFINITION, **words)
    report = review_report(session, "2025-03")
    assert [one.proposal for one in report.proposals] == ["Say it as [colleague] does."] * 2
    assert report.proposals[0].name == "We talk to someone who decides"
    assert (report.proposals[0].criterion, report.proposals[0].period) == ("decides", "2025-03")
    assert report.follow_ups == ("Ask [colleague].",) * 2


def test_what_a_reviewer_said_against_the_finding_is_not_the_committees(session: Session) -> None:
    make_returned(session)
    draw(session)
    [case] = open_reviews(session)
    says(session, case.id, Miss.DEFINITION, follow_up="Write it anew.")
    says(session, case.id, Miss.MARKETING, follow_up="Ask before.")
    assert review_report(session, "2025-03").follow_ups == ()
    says(session, case.id, Miss.MARKETING, follow_up="Ask more.")
    report = review_report(session, "2025-03")
    assert (report.proposals, report.follow_ups) == ((), ("Ask before.", "Ask more."))


def judged_cases(session: Session, teams: dict[str, int], cases_each: int = 2) -> None:
    """Decide cases of so many AEs a team; each AE's first lead fitted."""
    reviewers = [make_rep(session, "REVIEWER").email for _ in range(2)]
    for team, size in teams.items():
        for _ in range(size):
            ae: Rep = make_rep(session, "AE")
            ae.team = team
            for number in range(cases_each):
                lead = make_lead(session, origin="fair" if number else "web")
                make_returned(
                    session, ae=ae, lead=lead, at=APRIL.replace(month=3, day=1 + number * 3)
                )
    sampling = Sampling(1, 1)
    draw_reviews(session, period="2025-03", seed=1, sampling=sampling, at=APRIL)
    for number, case in enumerate(open_reviews(session)):
        for by in reviewers:
            says(session, case.id, Miss.MARKETING if number % 3 else Miss.SALES, by=by)


def agreed_from(session: Session, rates_from: int) -> None:
    oversight = AGREEMENT["oversight"] | {"rates_from": rates_from}
    make_agreement(session, AGREEMENT | {"oversight": oversight})


def test_sources_and_teams_have_a_rate_from_the_agreed_size_on(session: Session) -> None:
    agreed_from(session, 6)
    judged_cases(session, {"dach": 3, "west": 3})
    report = review_report(session, "2025-03")
    assert [one.judged for one in report.by_team] == [6, 6]
    assert [(one.name, one.judged) for one in report.by_source] == [("fair", 6), ("web", 6)]
    assert sum(one.overturned or 0 for one in report.by_team) == report.total.overturned == 4
    agreed_from(session, 7)
    report = review_report(session, "2025-03")
    assert report.by_team == (hidden("dach"), hidden("west"))
    assert report.by_source == (hidden("fair"), hidden("web"))
    assert report.total.judged == 12


def test_a_team_of_one_or_two_is_never_told(session: Session) -> None:
    agreed_from(session, 1)
    judged_cases(session, {"dach": 4, "solo": 1, "west": 3})
    report = review_report(session, "2025-03")
    # Without "west" anyone could work "solo" out.
    assert report.by_team[1:] == (hidden("solo"), hidden("west"))
    assert report.by_team[0].judged == 8


def test_no_report_names_anybody(session: Session) -> None:
    agreed_from(session, 1)
    judged_cases(session, {"dach": 3})
    told = review_report(session, "2025-03").model_dump_json()
    assert "@" not in told
    assert "Robin" not in told


def test_months_are_added_up(session: Session) -> None:
    for month in (2, 3):
        make_returned(session, at=APRIL.replace(month=month))
        sampling = Sampling(1, 1)
        draw_reviews(session, period=f"2025-0{month}", seed=month, sampling=sampling, at=APRIL)
    for case in open_reviews(session):
        decide(session, case.id)
    report = review_report(session, "2025-03", months=3)
    assert (report.rejections, report.drawn, report.decided) == (2, 2, 2)
    assert report.seeds == {"2025-02": 2, "2025-03": 3}
    assert report.strata[0] == DrawnStratum("2025-02", "all", 1, 1)
    assert review_report(session, "2025-02").decided == 1


def test_a_month_that_nobody_drew_is_a_report_too(session: Session) -> None:
    report = review_report(session, "2025-03")
    assert (report.seeds, report.drawn, report.rejections, report.by_reason) == ({}, 0, 0, ())
    assert (report.total.judged, report.total.ratio) == (0, None)
    with pytest.raises(InputError, match="YYYY-MM"):
        review_report(session, "March")
