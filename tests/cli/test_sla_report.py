"""`baton report sla`: the promises of a period, and marketing's number of the month."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from baton.errors import InputError, RefusedError
from baton.runtime import Runtime
from baton.store.agreements import activate
from baton.store.month_promises import begin_month
from tests.cli.conftest import Run
from tests.desk.stories import signed_version

PERIOD = ("--since", "2026-02-01", "--until", "2026-02-20")


def test_the_promises_of_a_period_are_a_table_and_data(
    baton: Run, runtime: Runtime, tmp_path: Path
) -> None:
    at = datetime(2026, 2, 10, tzinfo=UTC)
    with runtime.transaction() as session:
        version = signed_version(session)
        activate(session, version, by="Mo", at=at)
        assert begin_month(session, version, 60, at=at)
        assert not begin_month(session, version, 9, at=at)
    data = baton("report", "sla", *PERIOD, "--json").data
    (month,) = data["promises"]
    assert (month["sla"], month["team"], month["open"]) == ("quota", "marketing", 1)
    assert (data["quota"]["month"], data["quota"]["promised"]) == ("2026-02", 60)
    said = baton("report", "sla", *PERIOD, "--plot", tmp_path / "month.svg").out
    assert "Sales-qualified leads a month" in said
    assert "Sales-qualified leads, February 2026 to 2026-02-20 00:00 UTC" in said
    assert "42.0, after 14.0 of 20 working days of Monday to Friday" in said
    assert "promised pace" in (tmp_path / "month.svg").read_text(encoding="utf-8")
    nowhere = baton("report", "sla", *PERIOD, "--plot", tmp_path / "none" / "month.svg")
    assert nowhere.code == InputError.exit_code
    for empty in (("--since", "2026-02-20", "--until", "2026-02-20"), ("--until", "0001-01-02")):
        assert baton("report", "sla", *empty).code == InputError.exit_code


def test_without_a_promised_number_there_is_nothing_to_draw(
    baton: Run, runtime: Runtime, tmp_path: Path
) -> None:
    assert baton("report", "sla", "--json").data["quota"] is None
    refused = baton("report", "sla", "--plot", tmp_path / "month.svg")
    assert refused.code == RefusedError.exit_code
    assert "Its section 'quota' does." in refused.err
    assert not (tmp_path / "month.svg").exists()
