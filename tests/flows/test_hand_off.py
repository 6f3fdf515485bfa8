from __future__ import annotations

import time
import uuid
from datetime import timedelta

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import TaskRun
from prefect.input.actions import read_flow_run_input
from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.domain.hand_off import WaitKind, WaitState
from baton.domain.meeting import OutcomeKind
from baton.engine.actions import correct_contact, report_outcome
from baton.engine.inbox import read_inbox
from baton.engine.sweep import sweep
from baton.rulebook.active import agreement_of
from baton.store.tables import CrmRecord, OwnerChange, StatusChange
from baton.store.waits import decide, open_wait_of
from baton.testing.mail import calendar_of, reply_mail
from tests.flows.conftest import AE, APPROVER, Scene

# Prefect's client leaves sockets of its worker to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
NEVER = {"when": "never", "borderline_points": 0}
ALWAYS = {"when": "always", "borderline_points": 0}
STAGES = ("enrich", "score", "validate", "approve", "introduce", "book")


def meet(scene: Scene, hand_off_id: uuid.UUID) -> None:
    """Let the meeting take place."""
    wait = scene.wait_of(hand_off_id, WaitKind.OUTCOME)
    assert wait is not None
    scene.clock.advance_to(wait.not_before + timedelta(minutes=1))
    sweep(scene.runtime)


def tasks_of(run_id: uuid.UUID) -> list[TaskRun]:
    """The run's tasks; the server records them a second at most after they happened."""
    deadline = time.monotonic() + 10
    while True:
        with get_client(sync_client=True) as client:
            tasks = client.read_task_runs(
                flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))
            )
        if set(STAGES) <= {task.name for task in tasks} or time.monotonic() > deadline:
            return tasks
        time.sleep(0.2)


def criteria(scene: Scene, hand_off_id: uuid.UUID) -> list[str]:
    agreement_id = scene.hand_off(hand_off_id).agreement_id
    with Session(scene.runtime.database) as session:
        return [c.id for c in agreement_of(session, agreement_id).sales_qualified]


def test_a_lead_is_handed_over_with_status_and_owner_in_one_act(scene: Scene) -> None:
    scene.agree(approval=NEVER)
    hand_off_id = scene.start()
    assert scene.run_of(hand_off_id).state_name == "Suspended"
    scene.everybody_accepts(hand_off_id)
    assert scene.lead_of(hand_off_id).status == "suspect"
    meet(scene, hand_off_id)
    assert scene.letters_to(AE[1], "outcome_request")
    report_outcome(
        scene.runtime,
        hand_off_id,
        kind=OutcomeKind.MET,
        verdicts=dict.fromkeys(criteria(scene, hand_off_id), "met"),
        feedback="A real project.",
        by=AE[1],
    )
    scene.house.wait_until_quiet(120)
    assert scene.run_of(hand_off_id).state_name == "Completed"
    lead = scene.lead_of(hand_off_id)
    with Session(scene.runtime.database) as session:
        to_ae = session.scalars(select(OwnerChange).where(OwnerChange.lead_id == lead.id)).all()
        statuses = session.scalars(
            select(StatusChange).where(StatusChange.lead_id == lead.id).order_by(StatusChange.id)
        ).all()
        record = session.get_one(CrmRecord, lead.id)
        assert (record.status, record.owner_email) == ("sales_qualified", AE[1])
    assert (lead.status, lead.place) == ("sales_qualified", "with_ae")
    assert to_ae[-1].at == statuses[-1].at
    assert statuses[-1].to_status == "sales_qualified"


def test_a_rejection_returns_the_lead_with_feedback_and_a_check_in(scene: Scene) -> None:
    scene.agree(approval=NEVER)
    hand_off_id = scene.start()
    scene.everybody_accepts(hand_off_id)
    meet(scene, hand_off_id)
    names = criteria(scene, hand_off_id)
    report_outcome(
        scene.runtime,
        hand_off_id,
        kind=OutcomeKind.NOT_MET,
        verdicts=dict.fromkeys(names, "met") | {names[0]: "unmet"},
        feedback="The company is too small after all.",
        by=AE[1],
    )
    scene.house.wait_until_quiet(120)
    lead = scene.lead_of(hand_off_id)
    assert (scene.hand_off(hand_off_id).state, lead.place) == ("returned", "nurture")
    assert lead.check_in_on is not None
    assert lead.owner_id == scene.hand_off(hand_off_id).sdr_id
    assert scene.letters_to("sam@seller.example", "too small after all")


def test_each_hand_off_is_one_run_with_its_stages_and_no_person_in_it(scene: Scene) -> None:
    scene.agree(approval=NEVER)
    hand_off_id = scene.start()
    run = scene.run_of(hand_off_id)
    tasks = tasks_of(run.id)
    names = [task.name for task in tasks]
    assert set(STAGES) <= set(names)
    assert len(names) == len(set(names)), "a stage shows twice"
    assert run.parameters == {"hand_off_id": str(hand_off_id)}
    email = scene.lead_of(hand_off_id).email
    assert email is not None
    assert all(email not in repr(task) for task in tasks)


def test_the_form_in_prefect_decides_an_approval(scene: Scene) -> None:
    scene.agree(approval=ALWAYS)
    hand_off_id = scene.start()
    wait = scene.wait_of(hand_off_id, WaitKind.APPROVAL)
    assert wait is not None
    assert scene.letters_to(APPROVER, str(hand_off_id))
    run = scene.run_of(hand_off_id)
    assert run.state is not None
    assert run.state.state_details.run_input_keyset is not None
    shown = run.state.state_details.run_input_keyset["description"]
    # Prefect keeps what the form shows after the run is said to be suspended.
    until = time.monotonic() + 20
    while (told := str(read_flow_run_input(shown, flow_run_id=run.id))) == "None":
        assert time.monotonic() < until, "Prefect does not say what the form shows"
        time.sleep(0.2)
    lead = scene.lead_of(hand_off_id)
    assert f"baton explain {lead.id}" in told
    assert f"/api/hand-offs/{hand_off_id}" in told
    assert lead.email is not None
    assert lead.email not in told
    with get_client(sync_client=True) as client:
        # The same call that the page's "Resume" button makes with the form's input.
        client.resume_flow_run(run.id, run_input={"decision": "approve"})
    scene.house.wait_until_quiet(120)
    decided = scene.wait_of(hand_off_id, WaitKind.APPROVAL)
    assert decided is not None
    assert (decided.decision, decided.decided_by) == ("approve", "Prefect's form")
    assert scene.hand_off(hand_off_id).stage == "book"


def test_a_run_resumed_by_hand_too_early_sleeps_again(scene: Scene) -> None:
    scene.agree(approval=NEVER)
    hand_off_id = scene.start()
    for _ in range(2):
        with get_client(sync_client=True) as client:
            client.resume_flow_run(scene.run_of(hand_off_id).id)
        scene.house.wait_until_quiet(120)
        assert scene.run_of(hand_off_id).state_name == "Suspended"
    wait = scene.wait_of(hand_off_id, WaitKind.ACCEPTANCE)
    assert wait is not None
    assert wait.state == WaitState.OPEN
    lead = scene.lead_of(hand_off_id)
    assert lead.email is not None
    assert len(scene.letters_to(lead.email, str(hand_off_id))) == 2


def test_a_decision_that_did_not_wake_the_run_is_found_by_the_sweep(scene: Scene) -> None:
    scene.agree(approval=ALWAYS)
    hand_off_id = scene.start()
    with scene.runtime.transaction() as session:
        wait = open_wait_of(session, hand_off_id, WaitKind.APPROVAL)
        decide(wait, "reject", by=APPROVER, at=scene.clock.now())
    assert sweep(scene.runtime).woken == 1
    scene.house.wait_until_quiet(120)
    assert scene.hand_off(hand_off_id).state == "not_qualified"
    assert scene.lead_of(hand_off_id).place == "nurture"


def test_a_refused_address_goes_to_the_sdr_and_another_one_goes_on(scene: Scene) -> None:
    scene.agree(approval=NEVER)
    scene.mail.refuse("gone@nowhere.example", 550)
    hand_off_id = scene.start(email="gone@nowhere.example")
    assert scene.wait_of(hand_off_id, WaitKind.CONTACT) is not None
    assert scene.letters_to("sam@seller.example", str(hand_off_id))
    correct_contact(
        scene.runtime, hand_off_id, email="here@nowhere.example", by="sam@seller.example"
    )
    scene.house.wait_until_quiet(120)
    assert scene.hand_off(hand_off_id).stage == "book"
    assert len(scene.letters_to("here@nowhere.example", str(hand_off_id))) == 2


def test_a_mail_server_that_is_busy_once_is_asked_again(scene: Scene) -> None:
    scene.agree(approval=NEVER)
    scene.mail.refuse("busy@slow.example", 451, times=1)
    hand_off_id = scene.start(email="busy@slow.example")
    assert scene.hand_off(hand_off_id).stage == "book"
    assert len(scene.letters_to("busy@slow.example", str(hand_off_id))) == 2


def test_an_opt_out_tells_the_ae_alone_that_the_meeting_is_off(scene: Scene) -> None:
    scene.agree(approval=NEVER)
    hand_off_id = scene.start()
    lead = scene.lead_of(hand_off_id)
    assert lead.email is not None
    before = len(scene.letters_to(lead.email, str(hand_off_id)))
    introduction = scene.letters_to(lead.email, "introduction")[-1]
    person = ("Lea Marlow", lead.email)
    answer = reply_mail(
        introduction, sender=person, text="Please unsubscribe me.", at=scene.clock.now()
    )
    scene.send(answer, person)
    read_inbox(scene.runtime)
    sweep(scene.runtime)
    scene.house.wait_until_quiet(120)
    assert scene.hand_off(hand_off_id).state == "closed"
    assert scene.lead_of(hand_off_id).place == "closed"
    assert scene.run_of(hand_off_id).state_name == "Completed"
    assert len(scene.letters_to(lead.email, str(hand_off_id))) == before
    # The first sweep leaves to the run's last segment what it still has the lease for.
    sweep(scene.runtime)
    told = [c for c in scene.letters_to(AE[1], str(hand_off_id)) if b":invite_cancellation:" in c]
    assert len(told) == 1
    calendar = calendar_of(told[0])
    assert calendar is not None
    assert b"METHOD:CANCEL" in calendar
