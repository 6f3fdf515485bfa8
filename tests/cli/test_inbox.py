from __future__ import annotations

import pytest

from baton.runtime import Runtime
from baton.store.tables import OptOut
from tests.cli.conftest import Run
from tests.desk.stories import stray_mail


@pytest.fixture
def number(runtime: Runtime) -> int:
    """A message that nobody could place."""
    return stray_mail(runtime)


def test_what_needs_a_look_is_listed_shown_and_settled(baton: Run, number: int) -> None:
    shown = baton("inbox", "list")
    assert (shown.code, "1 to look at" in shown.out) == (0, True)
    (row,) = baton("inbox", "list", "--json").data["messages"]
    assert (row["id"], row["message_class"]) == (number, "unknown")
    assert row["sender"] == "carl@elsewhere.example"
    assert "Pumps" in baton("inbox", "show", number).out
    assert baton("inbox", "show", number, "--json").data["text"] == "Pumps?"

    doctor = {one["name"]: one for one in baton("doctor", "--json").data["checks"]}
    assert doctor["inbox"]["ok"]
    assert "need a look: 1" in doctor["inbox"]["says"]

    done = baton(
        "inbox", "settle", number, "--as", "opt_out", "--by", "Kim", "--reason", "on the phone"
    )
    assert done.code == 0
    assert baton("inbox", "list", "--json").data == {"messages": []}
    (row,) = baton("inbox", "list", "--settled", "--json").data["messages"]
    assert row["id"] == number
    again = baton("inbox", "settle", number, "--as", "nothing")
    assert (again.code, "was settled" in again.err) == (69, True)


def test_a_wish_is_kept_with_its_reason(baton: Run, number: int, runtime: Runtime) -> None:
    assert baton("inbox", "settle", number, "--as", "opt_out", "--reason", "r").code == 0
    with runtime.transaction() as session:
        (wish,) = session.query(OptOut).all()
        assert (wish.address, wish.reason) == ("carl@elsewhere.example", "r")


def test_what_is_missing_is_said(baton: Run, number: int) -> None:
    assert "which hand-off" in baton("inbox", "settle", number, "--as", "lead").err
    assert "which address" in baton("inbox", "settle", number, "--as", "contact").err
    assert baton("inbox", "show", 10**6).code == 66
    assert baton("inbox", "settle", number).code == 2
