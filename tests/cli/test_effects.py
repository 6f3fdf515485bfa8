from __future__ import annotations

import pytest

from baton.runtime import Runtime
from tests.cli.conftest import Run
from tests.desk.stories import failed_note


@pytest.fixture
def number(runtime: Runtime) -> int:
    """A note to the CRM that failed for good."""
    with runtime.transaction() as session:
        return failed_note(session, error="there is no lead 7")


def test_what_stands_still_is_listed_as_a_table_and_as_json(baton: Run, number: int) -> None:
    shown = baton("effects", "list")
    assert shown.code == 0
    assert "1 standing still" in shown.out
    (row,) = baton("effects", "list", "--json").data["effects"]
    assert (row["id"], row["kind"], row["state"]) == (number, "crm_note", "failed")
    assert row["error"] == "there is no lead 7"
    assert baton("effects", "list", "--state", "done", "--json").data == {"effects": []}


def test_what_is_not_wanted_any_more_is_dropped_and_said_so(baton: Run, number: int) -> None:
    asked = ("effects", "resolve", number, "--as", "dropped", "--reason", "a test lead")
    assert baton(*asked, "--json").data == {"id": number, "state": "withheld"}
    assert baton("effects", "list", "--json").data == {"effects": []}
    again = baton("effects", "retry", number)
    assert again.code == 69
    assert "dropped, says command line: a test lead" in again.err


def test_what_cannot_be_decided_so_says_what_can(baton: Run, number: int) -> None:
    refused = baton("effects", "resolve", number, "--as", "not_done", "--reason", "r")
    assert (refused.code, "baton effects retry" in refused.err) == (69, True)
    assert baton("effects", "retry", 10**6).code == 66
    assert baton("effects", "resolve", number, "--as", "dropped").code == 2
