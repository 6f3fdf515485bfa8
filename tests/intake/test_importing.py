from __future__ import annotations

import csv
import resource
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.domain.clock import SetClock
from baton.errors import InputError
from baton.intake.importing import ImportResult, import_leads
from baton.store.health import where_leads_are
from baton.store.reps import import_reps
from tests.intake.conftest import AT, Query, Write

HEADER = "external_id,email,given_name,family_name,phone,title,company,country,created_at,budget\n"
ANNA = "1, ANNA@Firm.example ,ANNA,Berg,030 23125 014,CEO,Firm GmbH,Deutschland,2026-01-02,true\n"
BEN = "2,ben@firm.example,Ben,Hill,,,,,,\n"


def result(**counts: int) -> ImportResult:
    zero = dict.fromkeys(("created", "updated", "unchanged", "quarantined", "duplicates"), 0)
    return ImportResult(rows=sum(counts.values()), **(zero | counts))


def assert_nothing_slipped(database: Engine, imported: int) -> None:
    with Session(database) as session:
        counts = where_leads_are(session)
    assert (counts.imported, counts.difference) == (imported, 0)


def test_a_row_becomes_a_clean_lead(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    assert import_leads(
        database, write(HEADER + ANNA), clock=clock, default_country="DE"
    ) == result(created=1)
    found = query(
        "select email, given_name, phone_e164, country, custom, status, place,"
        " created_at::date::text from lead"
    )
    assert found == [
        (
            "anna@firm.example",
            "Anna",
            "+493023125014",
            "DE",
            {"budget": True},
            "new",
            "waiting",
            "2026-01-02",
        )
    ]
    assert query("select key from intake") == [("lead:ext:baton:1",)]


def test_the_second_import_changes_nothing(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    bad = "3,not-an-address,,,,,,,,\n"
    again = BEN.replace("2,", "4,", 1)
    path = write(HEADER + ANNA + BEN + bad + again + BEN)
    first = import_leads(database, path, clock=clock)
    assert first == result(created=2, quarantined=1, duplicates=1, unchanged=1)
    before = query("select * from lead order by id")
    clock.advance(timedelta(days=1))
    assert import_leads(database, path, clock=clock) == result(unchanged=5)
    assert query("select * from lead order by id") == before
    assert query("select count(*) from quarantine") == [(1,)]
    assert_nothing_slipped(database, 4)


def test_a_changed_row_updates_and_keeps_history(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    import_leads(database, write(HEADER + ANNA + BEN), clock=clock)
    clock.advance(timedelta(days=1))
    changed = ANNA.replace("CEO", "COO").replace("Firm GmbH", "")
    assert import_leads(database, write(HEADER + changed + BEN), clock=clock) == result(
        updated=1, unchanged=1
    )
    assert query("select changes from lead_change") == [({"title": ["CEO", "COO"]},)]
    assert query("select title, company, changed_at from lead order by id") == [
        ("COO", "Firm GmbH", AT + timedelta(days=1)),
        (None, None, AT),
    ]


def test_a_changed_lead_in_nurture_waits_again(
    database: Engine, clock: SetClock, write: Write, query: Query, do: Callable[..., None]
) -> None:
    import_leads(database, write(HEADER + ANNA + BEN), clock=clock)
    do("update lead set place = 'nurture', check_in_on = '2026-06-01'")
    import_leads(database, write(HEADER + ANNA + BEN.replace("Hill", "Hall")), clock=clock)
    assert query("select place, check_in_on is null from lead order by id") == [
        ("nurture", False),
        ("waiting", True),
    ]
    assert query("select from_place, to_place from status_change") == [("nurture", "waiting")]


def test_an_import_never_sets_a_status(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    path = write(
        "Record ID,Email,First Name,Lifecycle Stage\n9,a@firm.example,Ann,salesqualifiedlead\n"
    )
    import_leads(database, path, clock=clock)
    assert query("select status, custom->>'lifecycle_stage' from lead") == [
        ("new", "salesqualifiedlead")
    ]


def test_a_known_address_under_another_id_is_a_closed_duplicate(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    import_leads(database, write(HEADER + BEN), clock=clock)
    other = BEN.replace("2,", "77,", 1)
    assert import_leads(database, write(HEADER + other), clock=clock) == result(duplicates=1)
    found = query(
        "select d.place, d.place_reason = 'duplicate of lead ' || o.id, d.custom->>'external_id'"
        " from lead d join lead o on o.id = d.duplicate_of"
    )
    assert found == [("closed", True, "77")]
    assert_nothing_slipped(database, 2)


def test_without_an_id_the_address_is_who_it_is(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    import_leads(database, write("email,given_name\nben@firm.example,Ben\n"), clock=clock)
    path = write("email,given_name\nBEN@firm.example,Benedict\n")
    assert import_leads(database, path, clock=clock) == result(updated=1)
    assert import_leads(database, write(HEADER + BEN), clock=clock) == result(updated=1)
    assert import_leads(database, write(HEADER + BEN), clock=clock) == result(unchanged=1)
    assert query("select external_id, given_name from lead") == [("2", "Ben")]
    assert_nothing_slipped(database, 1)


def test_the_same_id_of_two_sources_is_two_leads(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    import_leads(database, write(HEADER + BEN), clock=clock)
    path = write("Record ID,Email,First Name\n2,carl@firm.example,Carl\n")
    assert import_leads(database, path, clock=clock) == result(created=1)
    assert query("select external_id from lead order by id") == [("2",), ("hubspot:2",)]


def test_a_row_cannot_take_another_leads_address(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    import_leads(database, write(HEADER + ANNA + BEN), clock=clock)
    stealing = BEN.replace("ben@", "anna@").replace("Hill", "Hall")
    import_leads(database, write(HEADER + stealing), clock=clock)
    assert query("select email, family_name from lead where external_id = '2'") == [
        ("ben@firm.example", "Hall")
    ]


def test_two_rows_of_one_lead_in_a_file_lose_nothing(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    path = write(HEADER + BEN + BEN.replace("Ben", "Benjamin"))
    assert import_leads(database, path, clock=clock) == result(created=1, duplicates=1)
    assert import_leads(database, path, clock=clock) == result(unchanged=2)
    assert query("select given_name, place from lead order by id") == [
        ("Ben", "waiting"),
        ("Benjamin", "closed"),
    ]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("5,,Cara,,,,,,,", "email", "no e-mail and no phone: nobody can be introduced"),
        ("5,c@@firm.example,,,,,,,,", "email", "not a valid e-mail address"),
        ("5,c@firm.example,,,,,,,31.02.2026,", "created_at", "not a date"),
        ("5,c@firm.example,too,few", "(row)", "wrong number of fields: 4 where the header has 10"),
        ("5,c@firm.example,\x00,,,,,,,", "given_name", "contains a NUL byte"),
        (f"5,c@firm.example,{'x' * 10_001},,,,,,,", "given_name", "longer than 10000 characters"),
        ('5,c@firm.example,"open,,,,,,,', "(row)", "a quote is opened and never closed"),
    ],
)
def test_a_bad_row_is_quarantined_whole_and_the_rest_goes_on(
    *,
    database: Engine,
    clock: SetClock,
    write: Write,
    query: Query,
    row: str,
    field: str,
    reason: str,
) -> None:
    path = write(HEADER + row + "\n" + BEN)
    assert import_leads(database, path, clock=clock) == result(created=1, quarantined=1)
    [(found_field, found_reason, number, kept)] = query(
        "select field, reason, row_number, row from quarantine"
    )
    assert (found_field, number) == (field, 2)
    assert reason in str(found_reason)
    assert "5" in str(kept)
    assert_nothing_slipped(database, 2)


def test_a_mended_row_of_the_next_file_leaves_quarantine(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    import_leads(database, write(HEADER + BEN.replace("ben@", "ben@@")), clock=clock)
    assert import_leads(database, write(HEADER + BEN), clock=clock) == result(created=1)
    assert query("select resolution from quarantine") == [("mended",)]
    assert_nothing_slipped(database, 1)


def test_a_bad_row_of_a_known_lead_leaves_the_lead_alone(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    import_leads(database, write(HEADER + BEN), clock=clock)
    bad = write(HEADER + BEN.replace("ben@", "ben@@"))
    assert import_leads(database, bad, clock=clock) == result(quarantined=1)
    assert import_leads(database, bad, clock=clock) == result(unchanged=1)
    assert query("select place, email from lead") == [("waiting", "ben@firm.example")]
    assert_nothing_slipped(database, 1)


@pytest.mark.parametrize(
    "content",
    [
        "Record ID,Email,First Name,Unsubscribed from all email\n1,ann@firm.example,Ann,TRUE\n",
        "Record ID,Email,First Name,Opted out of email: Sales\n1,ann@firm.example,Ann,Yes\n",
        "Lead ID,Email,Last Name,Email Opt Out\n1,ann@firm.example,Ann,1\n",
    ],
)
def test_an_imported_opt_out_is_kept(
    database: Engine, clock: SetClock, write: Write, query: Query, content: str
) -> None:
    import_leads(database, write(content), clock=clock)
    import_leads(database, write(content), clock=clock)
    assert query("select address, channel, source from opt_out") == [
        ("ann@firm.example", "email", "import")
    ]


def test_owners_are_the_named_sdr_or_take_turns(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    team = write(
        "email,name,role\nsue@baton.example,Sue,SDR\ntom@baton.example,Tom,SDR\n"
        "al@baton.example,Al,AE\n",
        "reps.csv",
    )
    with Session(database) as session, session.begin():
        import_reps(session, team)
    rows = "".join(f"{n},p{n}@firm.example,\n" for n in range(6))
    named = "90,x@firm.example,SUE@baton.example\n91,y@firm.example,al@baton.example\n"
    import_leads(database, write("external_id,email,owner\n" + rows + named), clock=clock)
    shares = query("select count(*) from lead where external_id < '9' group by owner_id order by 1")
    assert shares == [(3,), (3,)]
    assert query(
        "select r.name from lead l join rep r on r.id = l.owner_id where external_id = '90'"
    ) == [("Sue",)]
    assert query(
        "select r.role, custom->>'owner' from lead l join rep r on r.id = l.owner_id"
        " where external_id = '91'"
    ) == [("SDR", "al@baton.example")]
    assert query("select count(*) from owner_change") == [(8,)]


def test_nothing_is_taken_from_a_file_with_unknown_columns(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    with pytest.raises(InputError, match=r"map\.yaml"):
        import_leads(database, write("a,b\n1,2\n"), clock=clock)
    assert query("select count(*) from intake") == [(0,)]


def test_a_mapping_says_dates_and_constants(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    mapping = write(
        "source: fair\ncolumns: {email: mail, created_at: day}\n"
        'dates: "%d-%m-%Y"\nconstants: {country: BR, origin: fair}\ncustom: [stand]\n',
        "map.yaml",
    )
    path = write("mail;day;stand;rest\na@firm.example;03-02-2026;B 12;x\n")
    assert import_leads(database, path, mapping=mapping, clock=clock) == result(created=1)
    assert query("select country, origin, created_at::date::text, custom from lead") == [
        ("BR", "fair", "2026-02-03", {"stand": "B 12"})
    ]


def test_thirty_thousand_rows_stream_in_bounded_memory(
    database: Engine, clock: SetClock, tmp_path: Path
) -> None:
    path = tmp_path / "large.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Record ID", "Email", "First Name", "Job Title", "Notes"])
        for n in range(30_000):
            writer.writerow([n, f"p{n}@firm{n % 900}.example", "Ann", "CEO", "x" * 200])
    told: list[tuple[int, int, int]] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counts = import_leads(
        database,
        path,
        clock=clock,
        progress=lambda done, total, rows: told.append((done, total, rows)),
    )
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert counts == result(created=30_000)
    assert told == sorted(told)
    assert len(told) == 15
    assert told[-1] == (path.stat().st_size, path.stat().st_size, 30_000)
    assert grown < 80, f"{grown} MB more"
    assert_nothing_slipped(database, 30_000)
