"""The sections `slas` and `calendars`: what is refused or warned of, where, and what they say."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.orm import Session

from baton.errors import RulesError
from baton.rulebook.agreement import Agreement
from baton.rulebook.differing import differences
from baton.rulebook.doubts import doubts_of
from baton.rulebook.loading import agreement_from_content, load_agreement
from baton.rulebook.sla_on_data import sla_doubts_on_data
from baton.store.absences import Away, keep_absences
from tests.factories import make_rep
from tests.repository.checkout import ROOT
from tests.rulebook.documents import NOW, TEXT, content

HOURS = {day: ["09:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
OFFICE = {"id": "office", "name": "Office", "zone": "Europe/Berlin", "hours": "mon-fri 09:00-17:00"}
TOUCH = {
    "id": "first-touch",
    "name": "First touch",
    "owed_by": "ae",
    "since": "introduced",
    "until": "first_touch",
    "within_minutes": 240,
}
MANAGER = {"after_minutes": 0, "step": "manager"}


def section(*calendars: dict[str, Any], **values: Any) -> dict[str, Any]:
    return content() | {"calendars": list(calendars), "slas": [TOUCH | values]}


def agreement(*calendars: dict[str, Any], **values: Any) -> Agreement:
    return agreement_from_content(section(*calendars, **values))


def test_the_pages_example_is_an_agreement() -> None:
    page = (ROOT / "docs" / "agreement.md").read_text(encoding="utf-8")
    example = re.search(r"^```\n(calendars:.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert example is not None
    read = agreement_from_content(content() | yaml.safe_load(example[1]))
    assert [sla.id for sla in read.slas] == ["first-touch", "approval"]
    assert doubts_of(read) == []


def test_a_manager_who_would_be_told_twice_is_warned_of() -> None:
    outcome = {"since": "meeting_ended", "until": "outcome_said"}
    (doubt,) = doubts_of(agreement(**outcome, escalate=[MANAGER]))
    assert doubt.keys == ("slas", 0, "escalate")
    assert doubt.message == (
        "the manager is told of this by 'promises: outcome' too; leave it to one of them"
    )
    assert doubts_of(agreement(**outcome)) == []
    assert doubts_of(agreement(escalate=[MANAGER])) == []


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"since": "introducd"}, "slas[0].since: this must be 'opened', 'questions_asked'"),
        ({"until": "introduced"}, "'introduced' does not come after 'introduced'; after it come"),
        ({"until": "assigned"}, "slas[0].until: 'assigned' does not come after"),
        ({"calendar": "offices"}, "slas[0].calendar: there is no 'offices' in the section"),
        ({"calendar": "offic"}, "did you mean 'office'?"),
        ({"within_minutes": 0}, "slas[0].within_minutes"),
        ({"remind_before_minutes": [30, 60]}, "the earliest first: [120, 30]"),
        ({"remind_before_minutes": [240]}, "a reminder 240 minutes before comes too early"),
        ({"escalate": [{"after_minutes": 0, "step": "remind"}]}, "the escalation ends nowhere"),
        ({"escalate": [MANAGER, MANAGER]}, "each later than the one before"),
        ({"owed_by": "marketing"}, "slas[0].owed_by"),
        (
            {"owed_by": "sdr", "escalate": [{"after_minutes": 0, "step": "reassign"}]},
            "slas[0].escalate[0].step: only an AE can be replaced",
        ),
        (
            {
                "since": "meeting_ended",
                "until": "outcome_said",
                "escalate": [{"after_minutes": 0, "step": "reassign"}],
            },
            "after 'meeting_ended' the lead knows its AE",
        ),
        (
            {
                "escalate": [
                    {"after_minutes": 0, "step": "reassign"},
                    MANAGER | {"after_minutes": 9},
                ]
            },
            "nothing can follow this step",
        ),
        ({"measure": True}, "'measure' is not a key here; did you mean 'measure_on'?"),
    ],
)
def test_what_cannot_be_meant_is_refused(values: dict[str, Any], says: str) -> None:
    with pytest.raises(RulesError, match=re.escape(says)):
        agreement(OFFICE, **values)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"zone": "Europe/Berlni"}, "calendars[0].zone: the time zone 'Europe/Berlni'"),
        ({"hours": "weekdays"}, "calendars[0].hours: 'weekdays' is not like"),
        ({"hours": ";"}, "calendars[0].hours: nobody ever works then"),
        ({"id": "own"}, "'own' means the rep's own calendar"),
        (
            {"hours": "sun 09:00-09:01"},
            "slas[0].within_minutes: no working hour of 'office' can meet it: 1000 working",
        ),
    ],
)
def test_a_calendar_that_nobody_can_work_by_is_refused(values: dict[str, Any], says: str) -> None:
    with pytest.raises(RulesError, match=re.escape(says)):
        agreement(OFFICE | values, calendar="office", within_minutes=1000)


def test_the_place_in_the_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "agreement.yaml"
    file.write_text(
        TEXT + "slas:\n  - {id: x, name: X, owed_by: ae, since: opened,\n"
        "     until: rejectd, within_minutes: 5}\n",
        encoding="utf-8",
    )
    line = TEXT.count("\n") + 3
    with pytest.raises(RulesError, match=rf"agreement.yaml:{line}.*slas\[0\].until: this must be"):
        load_agreement(file)


def test_what_is_hardly_meant_is_told() -> None:
    unused = agreement(OFFICE | {"country": "ZZ"})
    assert [finding.message for finding in doubts_of(unused)] == [
        "no promise counts by 'office'",
        "the holidays of 'ZZ' are not known, so they count as other days",
    ]
    (night,) = doubts_of(agreement(OFFICE, calendar="office", minutes="clock"))
    assert night.keys == ("slas", 0, "within_minutes")
    assert "'office' is closed for up to 64 hours" in night.message
    long = agreement(OFFICE, calendar="office", minutes="clock", within_minutes=64 * 60 + 1)
    assert doubts_of(long) == []


def test_reps_who_cannot_keep_it_or_have_nobody_above_are_told(session: Session) -> None:
    ida = make_rep(session, "AE", email="ida@seller.example")
    kim = make_rep(session, "AE", email="kim@seller.example")
    kim.working_hours = HOURS
    agreed = agreement(escalate=[MANAGER, {"after_minutes": 60, "step": "reassign"}])
    found = dict(messages(session, agreed))
    assert found["calendar"].startswith("no working hour of ida@seller.example can meet it")
    assert (
        "ida@seller.example, kim@seller.example has no active manager, so the escalation ends"
        in (found["escalate.0"])
    )
    assert "escalate.1" not in found
    max_ = make_rep(session, "MANAGER", email="max@seller.example")
    kim.manager_id, ida.is_active = max_.id, False
    session.flush()
    assert messages(session, agreed) == [
        (
            "escalate.1",
            (
                "kim@seller.example is the only AE, so the escalation ends nowhere; add 'manager' "
                "before it"
            ),
        )
    ]
    (nobody,) = messages(session, agreement(owed_by="approver", since="approval_asked"))
    assert nobody == (
        "owed_by",
        "there is no active APPROVER, so nobody can keep it; import one",
    )
    away = [Away(NOW, NOW + timedelta(days=90))]
    keep_absences(session, kim.id, away, at=NOW)
    session.flush()
    assert "no working hour of kim" in dict(messages(session, agreed))["calendar"]


def messages(session: Session, agreed: Agreement) -> list[tuple[str, str]]:
    return [
        (".".join(str(key) for key in finding.keys[2:]), finding.message)
        for finding in sla_doubts_on_data(session, agreed, as_of=NOW)
    ]


def test_what_two_versions_promise_otherwise_is_told_in_words() -> None:
    before, after = agreement(OFFICE), agreement(within_minutes=60, escalate=[MANAGER])
    assert [
        f"{one.section} {one.name} {one.kind}: {one.says}" for one in differences(before, after)
    ] == [
        "calendar Office removed: open mon-fri 09:00-17:00, in Europe/Berlin, holidays of none",
        (
            "SLA First touch changed: within 240 working minutes → 60 working minutes, if broken: "
            "nothing → tell the manager at once"
        ),
    ]
