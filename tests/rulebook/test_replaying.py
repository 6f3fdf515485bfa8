"""Replaying set-wise says of each decision what replaying it alone says."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from baton.domain.verdict import Evaluation, Qualification
from baton.rulebook.kept import gap_between
from baton.rulebook.loading import agreement_from_content
from baton.rulebook.replaying import Judgement, Period, deciding_ids, replayed
from tests.rulebook.documents import NOW, content, judge, judged_again
from tests.rulebook.test_backtest import decide, lead_of

PERIOD = Period(NOW - timedelta(days=1), NOW + timedelta(days=1))


def parts_of(judged: Evaluation) -> Judgement:
    return Judgement(
        judged.qualification,
        judged.fit_points,
        judged.warmth_points,
        judged.total_points,
        (judged.is_hot, judged.is_marketing_qualified),
        tuple(criterion.verdict for criterion in judged.criteria),
    )


def test_all_decisions_at_once_are_judged_as_each_alone(session: Session) -> None:
    for employees in (None, 10, 60, 6000):
        for seniority in (None, "vp", "director", "student"):
            for webinars in (0, 1, 4):
                lead_of(session, employees=employees, seniority=seniority, webinars=webinars)
    decide(session)
    data = content()
    data["scoring"] |= {"fit_floor": 5, "hand_off_at": 26}
    data["scoring"]["fit"][0]["when"] = "employees >= 10"
    data["sales_qualified"][0]["met_when"] = "employees < 5000 or total_points > 35"
    data["sales_qualified"][1]["met_when"] = "seniority <> 'director' and warmth_points > 9"
    agreement = agreement_from_content(data)
    (deciding_id,) = deciding_ids(session, PERIOD)
    found = list(replayed(session, deciding_id, agreement, period=PERIOD))
    assert len(found) == 48
    assert {one.replayed.qualification for one in found} == set(Qualification)
    for one in found:
        alone = judged_again(session, one.lead_id, one.decision_id, agreement)
        assert one.replayed == parts_of(alone)
        # Nothing has changed since, so the leads as they are say the same.
        assert one.replayed == parts_of(judge(session, one.lead_id, data))
        assert one.stored == parts_of(judge(session, one.lead_id))


def test_only_what_was_not_kept_is_a_gap() -> None:
    old, data = agreement_from_content(content()), content()
    data["scoring"]["warmth"][0]["half_life_days"] = 20
    data["sales_qualified"][2]["met_when"] = "starts_within_months <= 3 and industry = 'IT'"
    gap = gap_between(old, agreement_from_content(data))
    assert list(gap.recounted_keys) == ["left('webinar', 20)"]
    assert [column.key for column in gap.unknown] == ["industry"]
    same = gap_between(old, old)
    assert (same.recounted_keys, same.unknown) == ((), ())


def test_many_facts_are_counted_anew_at_once(session: Session) -> None:
    lead_of(session, webinars=4)
    decide(session)
    data = content()
    data["scoring"]["fit"] = [
        {
            "id": f"rule-{first}",
            "name": "Often",
            "points": 20,
            "when": " + ".join(f"touches('webinar', {first + n})" for n in range(30)) + " >= 100",
        }
        for first in (1, 31, 61, 91)
    ]
    (deciding_id,) = deciding_ids(session, PERIOD)
    (found,) = replayed(session, deciding_id, agreement_from_content(data), period=PERIOD)
    # Touches 1 to 4 days ago, each strictly within: 1 of them in 2 days, 4 in 5 and more.
    assert found.replayed.fit_points == 80
