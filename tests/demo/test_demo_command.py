"""The whole demo once, as a person starts it: every part of it real."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

LEADS = 4


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("demo")
    command = ["demo", "--json", "--limit", str(LEADS), "--home", str(home)]
    done = subprocess.run(
        [sys.executable, "-m", "baton.cli.main", *command],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def test_every_lead_is_somewhere(demo: dict[str, Any]) -> None:
    places = ("transferred", "returned", "not_qualified", "closed", "open", "quarantined")
    assert demo["imported"] == LEADS == sum(demo[place] for place in places)
    assert demo["open"] == 0


def test_leads_reach_sales_or_come_back_with_feedback(demo: dict[str, Any]) -> None:
    assert demo["transferred"] >= 1
    assert demo["transferred"] + demo["returned"] == demo["handed_off"] == LEADS


def test_every_mail_is_a_file_and_nobody_got_one_twice(demo: dict[str, Any]) -> None:
    letters = [
        message_from_bytes(path.read_bytes()) for path in Path(demo["mail_folder"]).glob("*.eml")
    ]
    effects = Counter(letter["X-Baton-Effect"] for letter in letters if letter["X-Baton-Effect"])
    assert len(effects) == demo["messages"]
    assert set(effects.values()) == {1}
    # One lead was introduced to another AE as well.
    assert len([key for key in effects if ":introduction:" in key]) == LEADS + 1


def test_each_technique_is_seen_and_what_is_left_undone_goes_on(demo: dict[str, Any]) -> None:
    assert set(demo["on_the_way"]) == {
        "both accepted an appointment",
        "put through to an AE who was free",
        "reached when it is best reached",
        "introduced softly, and both answered",
        "a manager was told that something was overdue",
        "another AE took over",
    }


def test_invites_open_as_calendar_files_and_the_other_aes_is_an_update(
    demo: dict[str, Any],
) -> None:
    invites = [
        Calendar.from_ical(path.read_bytes()).walk("VEVENT")[0]
        for path in Path(demo["mail_folder"]).glob("*.ics")
    ]
    assert len(invites) == demo["invites"]
    (one,) = {str(invite["UID"]) for invite in invites}
    assert one.endswith("@baton")
    assert sorted(int(str(invite["SEQUENCE"])) for invite in invites) == [0, 1]
