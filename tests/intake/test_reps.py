from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.domain.rep import Role
from baton.errors import InputError
from baton.store.reps import import_reps, parse_working_hours, rep_by_email, reps
from baton.store.tables import Absence
from tests.intake.conftest import Write

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SAMPLE = Path(str(files("baton.demo").joinpath("data"))) / "reps.csv"


def test_the_samples_reps_are_read_twice_as_once(session: Session) -> None:
    assert import_reps(session, SAMPLE) == 11
    assert import_reps(session, SAMPLE) == 11
    assert [len(reps(session, role)) for role in Role] == [2, 4, 1, 1, 3]
    felix = rep_by_email(session, "Felix.Arnhold@baton.example")
    assert felix is not None
    assert felix.working_hours["thu"] == ["08:30", "17:30"]
    assert felix.working_hours["fri"] == ["08:30", "14:00"]
    assert "sat" not in felix.working_hours
    assert felix.manager_id == reps(session, Role.MANAGER)[0].id


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("a@x.example,A,AE,,Mars/Base,DE,", "line 2: time zone 'Mars/Base'"),
        ("a@x.example,A,AE,,UTC,DE,all day", "line 2: 'all day' is not like"),
        ("a@x.example,A,AE,,UTC,DE,mon 17:00-09:00", "ends before it begins"),
        ("a@x.example,A,AE,,UTC,DE,mon 25:00-26:00", "'25:00' is no time"),
        ("a@x.example,A,BOSS,,UTC,DE,", "role 'BOSS'"),
        ("nobody,A,AE,,UTC,DE,", "'nobody' is not an address"),
        ("a@x.example,A,AE,z@x.example,UTC,DE,", "manager z@x.example"),
        ("a@x.example,A,AE,,UTC,DE,,ftp://cal.example/", "the row of a@x.example: the calendar's"),
        ("a@x.example,A,AE,,UTC,DE,,caldav+https://cal.example/", "names no user"),
        ("a@x.example,A,AE,,UTC,DE,,caldav+https://a:pw@cal.example/", "a password does not"),
        ("a@x.example,A,AE,,UTC,Germany,", "'GERMANY' of a@x.example is not two letters"),
    ],
)
def test_a_wrong_rep_is_refused_by_line(
    session: Session, write: Write, row: str, says: str
) -> None:
    path = write(
        f"email,name,role,manager_email,time_zone,country,working_hours,calendar\n{row}\n",
        "reps.csv",
    )
    with pytest.raises(InputError, match=says):
        import_reps(session, path)


def test_what_routing_goes_by_is_read_and_a_file_without_it_changes_nothing(
    session: Session, write: Write
) -> None:
    head, who = "email,name,role,manager_email,time_zone", "a@x.example,A,AE,,Europe/Berlin"
    more = "team,languages,skills,absences"
    row = "dach,DE; en,health,2026-08-03..2026-08-14; 2026-12-24"
    import_reps(session, write(f"{head},{more}\n{who},{row}\n", "reps.csv"), at=NOW)
    import_reps(session, write(f"{head}\n{who}\n", "reps.csv"), at=NOW)
    rep = rep_by_email(session, "a@x.example")
    assert rep is not None
    assert (rep.team, rep.languages, rep.skills) == ("dach", ["de", "en"], ["health"])
    away = session.scalars(select(Absence).order_by(Absence.starts_at)).all()
    assert [(one.starts_at.isoformat(), one.ends_at.isoformat()) for one in away] == [
        ("2026-08-02T22:00:00+00:00", "2026-08-14T22:00:00+00:00"),
        ("2026-12-23T23:00:00+00:00", "2026-12-24T23:00:00+00:00"),
    ]
    later = NOW + timedelta(days=200)
    file = write(f"{head},absences\n{who},2027-01-04\n", "reps.csv")
    import_reps(session, file, at=later)
    session.expire_all()
    away = session.scalars(select(Absence).order_by(Absence.starts_at)).all()
    assert [one.withdrawn_at for one in away] == [None, later, None]


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("absences", "next week", "absence 'next week' is not like"),
        ("absences", "2026-08-14..2026-08-03", "ends before it begins"),
        ("languages", "German", "languages 'german' of a@x.example is not written like"),
        ("skills", "9to5", "skills '9to5' of a@x.example"),
    ],
)
def test_what_routing_cannot_go_by_is_refused(
    session: Session, write: Write, column: str, value: str, says: str
) -> None:
    file = write(f"email,name,role,{column}\na@x.example,A,AE,{value}\n", "reps.csv")
    with pytest.raises(InputError, match=says):
        import_reps(session, file)


def test_working_hours_of_single_days() -> None:
    assert parse_working_hours("Mon 9:00-12:00; wed-thu 10:00-16:30") == {
        "mon": ["09:00", "12:00"],
        "wed": ["10:00", "16:30"],
        "thu": ["10:00", "16:30"],
    }


def test_a_reps_calendar_is_kept_until_the_file_says_otherwise(
    session: Session, write: Write
) -> None:
    address = "caldav+https://baton@cal.example/ida/work/"
    kept = []
    for columns, row in (
        ("email,name,role,calendar", f"ida@x.example,Ida,AE,{address}"),
        ("email,name,role", "ida@x.example,Ida,AE"),
        ("email,name,role,calendar", "ida@x.example,Ida,AE,"),
    ):
        import_reps(session, write(f"{columns}\n{row}\n", "reps.csv"))
        ida = rep_by_email(session, "ida@x.example")
        assert ida is not None
        session.refresh(ida)
        kept.append(ida.calendar)
    assert kept == [address, address, None]
