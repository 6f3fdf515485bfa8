"""Sleeping on a wait: the Prefect run suspends, and costs nothing until somebody decides.

`suspend_flow_run` works once per key, so the key counts how often the run slept on this wait; a
run that is resumed by hand before anybody decided simply sleeps again. What a person chose in
Prefect's own form is recorded like any other decision.
"""

from __future__ import annotations

from typing import Literal

from prefect import suspend_flow_run
from prefect.input import RunInput
from prefect.input.actions import read_flow_run_input

from baton.domain.hand_off import WaitKind, WaitState
from baton.engine.deciding import decide_wait
from baton.runtime import Runtime
from baton.store.tables import HandOff, Wait


class ApprovalForm(RunInput):
    """May this lead be introduced to sales?"""

    decision: Literal["approve", "reject"]


class AnswersForm(RunInput):
    """Are the open questions answered? Answers themselves go through the CLI or the API."""

    decision: Literal["give_up"]


FORMS: dict[WaitKind, type[RunInput]] = {
    WaitKind.APPROVAL: ApprovalForm,
    WaitKind.ANSWERS: AnswersForm,
}


def sleep_on(runtime: Runtime, wait_id: int) -> None:
    """Suspend this flow run until the wait is decided; return once it is.

    Must be called from the flow itself, not from a task.
    """
    with runtime.transaction() as session:
        wait = session.get_one(Wait, wait_id, with_for_update=True)
        if wait.state != WaitState.OPEN:
            return
        kind, slept = WaitKind(wait.kind), wait.sleeps
        lead_id = session.get_one(HandOff, wait.hand_off_id).lead_id
        said_to_people = _about(runtime, wait, lead_id)
        wait.sleeps += 1
    form = FORMS.get(kind)
    if form is not None and slept:
        said = read_flow_run_input(f"suspended-{_key(kind, wait_id, slept)}-response")
        if said is not None:
            choice = form.model_validate(said).model_dump()["decision"]
            decide_wait(runtime, wait_id, choice, by="Prefect's form")
            return
    key = _key(kind, wait_id, slept + 1)
    if form is None:
        suspend_flow_run(key=key, timeout=None)
    else:
        shown = form.with_initial_data(description=said_to_people)
        suspend_flow_run(wait_for_input=shown, key=key, timeout=None)


def sleeps_for(key: str, kind: str, wait_id: int) -> bool:
    """Return whether a run that sleeps under the key sleeps on the wait."""
    return key.startswith(_stem(kind, wait_id))


def _about(runtime: Runtime, wait: Wait, lead_id: int) -> str:
    """Say in Prefect's form whom it is about and where more is; nothing personal goes there."""
    return (
        f"Lead {lead_id}, until {wait.due_at:%Y-%m-%d %H:%M} UTC. Why it is here: "
        f"`baton explain {lead_id}`; the hand-off: "
        f"[{wait.hand_off_id}]({runtime.base_url}/api/hand-offs/{wait.hand_off_id})"
    )


def _key(kind: WaitKind, wait_id: int, time: int) -> str:
    return f"{_stem(kind, wait_id)}{time}"


def _stem(kind: str, wait_id: int) -> str:
    return f"{kind}-{wait_id}-"
