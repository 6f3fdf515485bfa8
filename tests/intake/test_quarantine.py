from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.domain.clock import SetClock
from baton.errors import InputError, NotFoundError, RefusedError
from baton.intake.importing import import_leads
from baton.intake.reading import open_table
from baton.intake.retrying import RetryResult, retry
from baton.intake.touching import import_touches
from baton.store.health import misplaced_faults, where_leads_are
from baton.store.quarantine import export, open_rows, quarantine_lead, release_lead
from tests.intake.conftest import AT, Query, Write

LEADS = (
    "Record ID,Email,First Name,Last Name,Country/Region\n"
    "1,ann@firm.example,Ann,Berg,Germany\n"
    "2,ben@@firm.example,Ben,Hill,France\n"
    "3,,Cara,Diaz,Spain\n"
)


@pytest.fixture
def imported(database: Engine, clock: SetClock, write: Write) -> Path:
    path = write(LEADS)
    import_leads(database, path, clock=clock)
    return path


def difference(database: Engine) -> tuple[int, int]:
    with Session(database) as session:
        assert not misplaced_faults(session)
        counts = where_leads_are(session)
        return counts.imported, counts.difference


def test_open_rows_say_field_value_and_reason(database: Engine, imported: Path) -> None:
    with Session(database) as session:
        rows = open_rows(session)
    assert [(row.row_number, row.field, row.value) for row in rows] == [
        (3, "email", "ben@@firm.example"),
        (4, "email", None),
    ]
    assert rows[0].row["Last Name"] == "Hill"


def test_a_corrected_row_becomes_a_lead(database: Engine, imported: Path, query: Query) -> None:
    with Session(database) as session:
        first = open_rows(session)[0].id
    tried = retry(database, [first], {"Email": "ben@firm.example"}, by="ops", at=AT)
    assert tried == RetryResult(1, 1, 0)
    assert query("select given_name, country, place from lead where external_id = '2'") == [
        ("Ben", "FR", "waiting")
    ]
    assert query("select resolution from quarantine where id = :id", id=first) == [("mended",)]
    assert difference(database) == (3, 0)


def test_a_correction_may_name_batons_column(
    database: Engine, imported: Path, query: Query
) -> None:
    with Session(database) as session:
        second = open_rows(session)[1].id
    retry(database, [second], {"phone": "+34 910 050 142"}, by="ops", at=AT)
    assert query("select phone from lead where external_id = '3'") == [("+34 910 050 142",)]


def test_an_imported_file_does_not_undo_a_correction(
    database: Engine, imported: Path, clock: SetClock, query: Query
) -> None:
    with Session(database) as session:
        first = open_rows(session)[0].id
    retry(database, [first], {"email": "ben@firm.example"}, by="ops", at=AT)
    assert import_leads(database, imported, clock=clock).unchanged == 3
    assert query("select email from lead where external_id = '2'") == [("ben@firm.example",)]


def test_what_is_still_wrong_stays_with_its_present_reason(
    database: Engine, imported: Path
) -> None:
    assert retry(database, by="ops", at=AT) == RetryResult(2, 0, 2)
    with Session(database) as session:
        first = open_rows(session)[0].id
    assert retry(database, [first], {"email": ""}, by="ops", at=AT).refused == 1
    with Session(database) as session:
        assert open_rows(session)[0].reason.startswith("no e-mail and no phone")
    assert difference(database) == (3, 0)


def test_a_mended_row_may_turn_out_to_be_a_duplicate(
    database: Engine, imported: Path, query: Query
) -> None:
    with Session(database) as session:
        first = open_rows(session)[0].id
    retry(database, [first], {"email": "ann@firm.example"}, by="ops", at=AT)
    assert query("select place, duplicate_of is null from lead order by id") == [
        ("waiting", True),
        ("closed", False),
    ]
    assert difference(database) == (3, 0)


def test_a_row_with_too_few_cells_is_mended_by_what_it_lacks(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> None:
    import_leads(
        database, write("external_id,email,given_name\n8,short@firm.example\n"), clock=clock
    )
    assert retry(database, by="ops", at=AT).refused == 1
    assert retry(database, None, {"given_name": "Sam"}, by="ops", at=AT).mended == 1
    assert query("select external_id, email, given_name from lead") == [
        ("8", "short@firm.example", "Sam")
    ]


def test_an_unknown_row_or_column_is_refused(database: Engine, imported: Path) -> None:
    with pytest.raises(NotFoundError, match="999"):
        retry(database, [999], by="ops", at=AT)
    with pytest.raises(InputError, match="'fax'"):
        retry(database, None, {"fax": "1"}, by="ops", at=AT)


def test_an_export_can_be_mended_and_imported(
    database: Engine, imported: Path, clock: SetClock, tmp_path: Path, query: Query
) -> None:
    path = tmp_path / "quarantine.csv"
    with Session(database) as session:
        assert export(session, path) == 2
    table = open_table(path)
    assert table.headers[:5] == ("Record ID", "Email", "First Name", "Last Name", "Country/Region")
    assert table.headers[-1] == "quarantine_reason"
    assert next(table.rows()).cells[-1] == "not a valid e-mail address"
    path.write_text(path.read_text(encoding="utf-8").replace("ben@@", "ben@"), encoding="utf-8")
    mended = import_leads(database, path, clock=clock)
    assert mended.created == 1
    assert query("select email from lead where external_id = '2'") == [("ben@firm.example",)]
    assert difference(database) == (3, 0)


def test_a_refused_lead_stands_in_quarantine_until_it_is_released(
    database: Engine, imported: Path, query: Query
) -> None:
    [(lead_id,)] = query("select id from lead")
    assert isinstance(lead_id, int)
    with Session(database) as session, session.begin():
        quarantine_lead(session, lead_id, field="domain", value=None, reason="gate", at=AT)
    assert query("select place, place_reason from lead") == [("quarantined", "domain: gate")]
    assert difference(database) == (3, 0)
    with Session(database) as session, session.begin():
        release_lead(session, lead_id, resolution="looked at", by="ops", at=AT)
    assert query("select from_place, to_place from status_change order by id") == [
        ("waiting", "quarantined"),
        ("quarantined", "waiting"),
    ]
    with Session(database) as session, pytest.raises(RefusedError, match="not in quarantine"):
        release_lead(session, lead_id, resolution="again", by="ops", at=AT)


def test_a_correction_lets_a_refused_lead_wait_again(
    database: Engine, imported: Path, clock: SetClock, query: Query
) -> None:
    [(lead_id,)] = query("select id from lead")
    assert isinstance(lead_id, int)
    with Session(database) as session, session.begin():
        row = quarantine_lead(session, lead_id, field="company", value=None, reason="g", at=AT)
    assert import_leads(database, imported, clock=clock).unchanged == 3
    assert query("select place from lead") == [("quarantined",)]
    assert retry(database, [row], {"company": "Firm"}, by="ops", at=AT) == RetryResult(1, 1, 0)
    assert query("select place, company from lead") == [("waiting", "Firm")]
    assert query("select changes, by from lead_change") == [({"company": [None, "Firm"]}, "ops")]
    assert import_leads(database, imported, clock=clock).unchanged == 3
    assert difference(database) == (3, 0)


def test_a_touch_waits_in_quarantine_for_its_lead(
    database: Engine, imported: Path, clock: SetClock, write: Write, query: Query
) -> None:
    path = write("external_id,kind,at,detail\n2,webinar,2026-03-01T10:00:00Z,Scoring\n", "t.csv")
    assert import_touches(database, path, clock=clock).quarantined == 1
    assert difference(database) == (3, 0)
    rows = query("select id from quarantine where source = 'touches'")
    leads = query("select id from quarantine where source = 'hubspot' order by id")
    retry(database, [int(str(leads[0][0]))], {"email": "ben@firm.example"}, by="ops", at=AT)
    assert retry(database, [int(str(rows[0][0]))], by="ops", at=AT).mended == 1
    assert query("select kind, detail from touch") == [("webinar", "Scoring")]
    assert import_touches(database, path, clock=clock).unchanged == 1


def test_a_lead_that_an_ae_owns_is_not_put_into_quarantine(
    database: Engine, imported: Path, query: Query, do: Callable[..., None]
) -> None:
    do("update lead set place = 'closed', place_reason = 'gone'")
    [(lead_id,)] = query("select id from lead")
    with Session(database) as session, pytest.raises(RefusedError, match="is closed"):
        quarantine_lead(session, int(str(lead_id)), field="x", value=None, reason="r", at=AT)
