from __future__ import annotations

from baton.runtime import Runtime
from tests.cli.conftest import Run
from tests.desk.stories import open_hand_off


def test_a_relaunch_says_what_became_of_every_open_hand_off(baton: Run, runtime: Runtime) -> None:
    none = {"open": 0, "launched": 0, "driven": 0, "as_they_were": 0}
    assert baton("doctor", "--relaunch", "--json").data["relaunched"] == none
    assert "Relaunched" in baton("doctor", "--relaunch").out
    open_hand_off(runtime.database, "approval")
    said = baton("doctor", "--relaunch")
    assert said.code == 75
    assert "baton up" in said.err
