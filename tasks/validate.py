"""Validate: the agreed definition of sales-qualified, criterion by criterion (C1, E1)."""

from baton.domain.hand_off import EffectKind, HandOffState, WaitKind, WaitState
from baton.domain.verdict import Qualification, Verdict
from baton.engine.mailing import Mail, mail_intent
from baton.engine.nurturing import to_nurture
from baton.engine.people import people_of
from baton.engine.qualification import judge, why_not
from baton.engine.stage import Asleep, Finished, Step, Work, stage
from baton.engine.waiting import answer_variables, open_promise
from baton.rulebook.active import agreement_of
from baton.store.waits import latest_wait


@stage
def validate(work: Work) -> Step:
    """Let pass who meets the definition; unknown criteria become questions for the SDR."""
    with work.transaction() as (session, hand_off):
        judged = judge(session, hand_off, at=work.now())
        if judged.qualification is Qualification.QUALIFIED:
            return Finished({"met": [c.id for c in judged.criteria if c.verdict is Verdict.MET]})
        wait = latest_wait(session, hand_off.id, WaitKind.ANSWERS)
        gave_up = wait is not None and wait.decision == "give_up"
        if judged.qualification is Qualification.NOT_QUALIFIED or gave_up:
            reason = why_not(agreement_of(session, hand_off.agreement_id), judged)
            ending = to_nurture(work, session, hand_off, HandOffState.NOT_QUALIFIED, reason)
            return work.end(session, hand_off, ending)
        if wait is None or wait.state != WaitState.OPEN:
            wait = open_promise(
                work,
                session,
                hand_off,
                WaitKind.ANSWERS,
                subject="answer the open questions",
                responsible_id=hand_off.sdr_id,
                questions=[{"criterion": c.id, "ask": c.ask} for c in judged.unknown],
            )
        wait_id = wait.id
        people = people_of(session, hand_off)
        questions = mail_intent(
            work.runtime,
            hand_off,
            Mail(
                EffectKind.NOTICE,
                f"questions-{wait.ordinal}",
                "questions",
                {
                    **people.variables(),
                    "questions": [{"id": q["criterion"], "ask": q["ask"]} for q in wait.questions],
                    "due_at": wait.due_at,
                    **answer_variables(work.runtime, hand_off, "answer"),
                },
                to=[(people.sdr.name, people.sdr.email)],
            ),
        )
    work.perform([questions])
    return Asleep(wait_id)
