"""`baton agreement check` on the reps who are there: hours, zone, manager, everybody away."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from baton.domain.rep import Role
from baton.engine.people import manager_of
from baton.rulebook.loading import agreement_from_content
from baton.rulebook.reps_on_data import rep_doubts_on_data
from baton.store.absences import Away, keep_absences, parse_absences
from baton.store.reps import reps
from baton.store.tables import Rep
from tests.factories import make_rep
from tests.rulebook.documents import NOW, content

HOURS = {day: ["09:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
FALLBACK = {"name": "Nobody's leads", "to": "max@seller.example", "within_minutes": 60}
ROUTING = {
    "fallback": FALLBACK,
    "territories": [
        {"id": "dach", "name": "DACH", "countries": ["DE"], "teams": ["dach"]},
        {"id": "rest", "name": "Everybody else", "reps": ["kim@seller.example"]},
    ],
}
SLA = {
    "id": "first-touch",
    "name": "First touch",
    "owed_by": "ae",
    "since": "introduced",
    "until": "first_touch",
    "within_minutes": 240,
    "escalate": [{"after_minutes": 0, "step": "manager"}],
}


def doubts(session: Session, *, at: datetime = NOW, **sections: Any) -> list[tuple[str, str]]:
    agreed = agreement_from_content(content() | sections)
    found = rep_doubts_on_data(session, agreed, as_of=at)
    return [(".".join(map(str, one.keys)), one.message) for one in found]


def house(session: Session) -> dict[str, Rep]:
    """Two AEs in Berlin, Ida in the team dach, under one manager; three who review."""
    boss = make_rep(session, "MANAGER", email="max@seller.example")
    people = {boss.email: boss}
    for _ in range(3):
        make_rep(session, "REVIEWER")
    for name in ("ida", "kim"):
        rep = make_rep(session, "AE", email=f"{name}@seller.example")
        rep.manager_id, rep.time_zone, rep.working_hours = boss.id, "Europe/Berlin", HOURS
        rep.country, rep.team = "DE", "dach" if name == "ida" else None
        people[name] = rep
    session.flush()
    return people


def be_away(session: Session, rep: Rep, text: str) -> None:
    keep_absences(session, rep.id, parse_absences(text, rep.time_zone), at=NOW)
    session.flush()


def test_reps_who_can_do_all_of_it_raise_no_doubt(session: Session) -> None:
    assert doubts(session) == []
    people = house(session)
    be_away(session, people["ida"], "2026-03-05")
    assert doubts(session) == []


def test_an_ae_without_hours_or_zone_is_told_with_the_remedy(session: Session) -> None:
    kim = house(session)["kim"]
    kim.working_hours, kim.time_zone = {}, "UTC"
    session.flush()
    assert doubts(session) == [
        (
            "techniques.appointment",
            (
                "no meeting can be with kim@seller.example, who has no working hours; give "
                "working_hours in the reps' file"
            ),
        ),
        (
            "techniques.appointment",
            (
                "the zone of kim@seller.example is UTC, as where the reps' file names none; hours "
                "and due times go by it: give time_zone"
            ),
        ),
    ]


def test_hours_that_cannot_be_read_are_told(session: Session) -> None:
    house(session)["kim"].time_zone = "Europe/Berlni"
    session.flush()
    ((place, says),) = doubts(session)
    assert place == "techniques.appointment"
    assert "the hours of kim@seller.example cannot be read (the time zone 'Europe/Berlni'" in says


def test_whoever_has_nobody_above_is_told_once(session: Session) -> None:
    people = house(session)
    people["kim"].manager_id = None
    session.flush()
    ((place, says),) = doubts(session)
    assert place == "promises.outcome.on_expiry"
    assert says == (
        "kim@seller.example has no active manager, so max@seller.example is told; give "
        "manager_email in the reps' file"
    )
    # The promise that tells the manager says it at its own place.
    assert doubts(session, slas=[SLA]) == []
    people["max@seller.example"].is_active = False
    session.flush()
    ((_, says),) = doubts(session)
    assert "ida@seller.example, kim@seller.example has no active manager" in says
    assert "the escalation ends nowhere" in says
    # What the check says is what is done.
    sdr = make_rep(session, "SDR", email="sam@seller.example")
    sdr.manager_id, sdr.time_zone = people["ida"].id, "Europe/Berlin"
    session.flush()
    ((_, says),) = doubts(session)
    assert "so sam@seller.example is told" in says
    assert manager_of(session, people["ida"]).email == "sam@seller.example"
    assert manager_of(session, sdr).email == "ida@seller.example"


def test_a_day_on_which_everybody_is_away_is_told(session: Session) -> None:
    people = house(session)
    be_away(session, people["ida"], "2026-03-04..2026-03-05; 2026-03-20..2026-03-23")
    be_away(session, people["kim"], "2026-03-05; 2026-03-21..2026-03-22")
    told = "all AEs are away on 2026-03-05: "
    # The weekend of the 21st is nobody's, with or without an absence.
    assert doubts(session) == [
        ("techniques.appointment", told + "no meeting can be then; let somebody be there")
    ]
    assert doubts(session, routing=ROUTING)[0] == (
        "routing.fallback",
        told + "leads wait in the queue; let somebody be there",
    )


def test_an_absence_that_has_begun_counts_and_so_does_a_holiday_of_the_others(
    session: Session,
) -> None:
    people = house(session)
    people["kim"].country = "US"
    since = NOW - timedelta(days=3)
    keep_absences(session, people["kim"].id, [Away(since, NOW + timedelta(days=2))], at=since)
    keep_absences(session, people["ida"].id, [Away(since, NOW + timedelta(days=1))], at=since)
    session.flush()
    ((_, says),) = doubts(session)
    assert says.startswith("all AEs are away on 2026-03-02")
    later = datetime.combine(date(2026, 4, 27), NOW.timetz())
    be_away(session, people["kim"], "2026-05-01")
    ((_, says),) = doubts(session, at=later)
    assert says.startswith("all AEs are away on 2026-05-01: ")


def test_a_territory_whose_aes_are_all_away_is_told_at_its_place(session: Session) -> None:
    people = house(session)
    be_away(session, people["ida"], "2026-03-05..2026-03-06")
    assert doubts(session, routing=ROUTING) == [
        (
            "routing.territories.0",
            (
                "all its AEs are away on 2026-03-05 and 1 day more, up to 2026-03-06: its leads "
                "wait in the queue; add somebody, or let somebody be there"
            ),
        )
    ]


def test_too_few_who_can_review_are_told(session: Session) -> None:
    house(session)
    reviewers = reps(session, Role.REVIEWER)
    reviewers[0].is_active = False
    session.flush()
    [(where, message)] = doubts(session)
    assert where == "oversight"
    assert message.startswith("2 REVIEWERs can judge rejections")
    reviewers[0].is_active = True
    assert doubts(session) == []
