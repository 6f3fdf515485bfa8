from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from baton.domain.clock import SetClock
from baton.errors import InputError
from baton.intake.importing import import_leads
from baton.intake.touching import TouchResult, import_touches
from tests.intake.conftest import AT, Query, Write

LEADS = (
    "external_id,email,given_name\n1,ann@firm.example,Ann\n2,ben@firm.example,Ben\n"
    "77,ann@firm.example,Ann\n"
)


@pytest.fixture(autouse=True)
def leads(database: Engine, clock: SetClock, write: Write) -> None:
    import_leads(database, write(LEADS), clock=clock)


def test_touches_are_taken_once(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    path = write(
        "external_id,kind,at,detail\n"
        "1,Demo Request,2026-03-01 09:30,Form\n"
        "2,webinar,2026-03-01T10:00:00+02:00,\n"
        "2,webinar,2026-03-01T10:00:00+02:00,\n",
        "touches.csv",
    )
    assert import_touches(database, path, clock=clock) == TouchResult(created=2, unchanged=1)
    assert import_touches(database, path, clock=clock) == TouchResult(unchanged=3)
    assert query("select kind, at, detail from touch order by id") == [
        ("demo_request", datetime(2026, 3, 1, 9, 30, tzinfo=UTC), "Form"),
        ("webinar", datetime(2026, 3, 1, 8, tzinfo=UTC), ""),
    ]


def test_a_touch_finds_its_lead_by_address_too(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    path = write("email,kind,at\nBEN@firm.example,call,2026-03-01\n", "touches.csv")
    assert import_touches(database, path, clock=clock).created == 1
    assert query("select l.email from touch t join lead l on l.id = t.lead_id") == [
        ("ben@firm.example",)
    ]


def test_a_duplicates_touches_are_the_older_leads(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    path = write("external_id,kind,at\n77,call,2026-03-01\n", "touches.csv")
    assert import_touches(database, path, clock=clock).created == 1
    assert query("select l.external_id from touch t join lead l on l.id = t.lead_id") == [("1",)]


def test_who_did_something_in_nurture_is_due_and_who_was_refused_waits_again(
    database: Engine, clock: SetClock, write: Write, query: Query, do: Callable[..., None]
) -> None:
    do("update lead set place = 'nurture', check_in_on = '2026-06-01' where external_id <> '77'")
    do("update lead set place = 'quarantined', place_reason = 'odd' where external_id = '2'")
    clock.advance(timedelta(days=3))
    path = write(
        "external_id,kind,at\n1,pricing_page,2026-03-04\n2,webinar,2026-03-04\n", "touches.csv"
    )
    import_touches(database, path, clock=clock)
    assert query("select place, changed_at from lead where external_id < '3' order by id") == [
        # What happens to a lead in nurture stands beside it, in `due`.
        ("nurture", AT),
        ("waiting", AT + timedelta(days=3)),
    ]
    assert query("select external_id from due join lead on id = lead_id") == [("1",)]
    assert query("select reason from status_change") == [("it did something new",)]
    import_touches(database, path, clock=clock)
    assert query("select count(*) from status_change") == [(1,)]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("9,webinar,2026-03-01,", "external_id"),
        ("1,webinar,yesterday,", "at"),
        ("1,,2026-03-01,", "kind"),
        (",webinar,2026-03-01,", "external_id"),
        ("1,webinar", "(row)"),
    ],
)
def test_a_bad_touch_is_quarantined_and_is_no_lead(
    *, database: Engine, clock: SetClock, write: Write, query: Query, row: str, field: str
) -> None:
    path = write(f"external_id,kind,at,detail\n{row}\n1,call,2026-03-01,\n", "touches.csv")
    assert import_touches(database, path, clock=clock) == TouchResult(created=1, quarantined=1)
    assert query("select field, source from quarantine") == [(field, "touches")]
    assert query("select count(*) from intake where key like 'touch:%'") == [(1,)]
    assert import_touches(database, path, clock=clock) == TouchResult(unchanged=2)


def test_unsubscribing_is_an_opt_out(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    path = write("external_id,kind,at\n2,unsubscribed,2026-03-01\n", "touches.csv")
    import_touches(database, path, clock=clock)
    assert query("select address, channel from opt_out") == [("ben@firm.example", "email")]


def test_a_missing_column_is_named(database: Engine, clock: SetClock, write: Write) -> None:
    with pytest.raises(InputError, match="no column at and no external_id or email"):
        import_touches(database, write("kind,x\ncall,1\n", "touches.csv"), clock=clock)
