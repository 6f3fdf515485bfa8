"""How the simulated SDRs, AEs and approvers react to a mail."""

from __future__ import annotations

from datetime import datetime

from baton.demo.cast import Part
from baton.demo.deeds import Deed
from baton.demo.desk_client import OpenHandOff
from baton.demo.dice import seed
from baton.demo.letters import Letter, LetterKind
from baton.demo.post import Person
from baton.demo.stage import Stage
from baton.domain.hand_off import WaitKind
from baton.domain.meeting import Attendance, OutcomeKind
from baton.domain.technique import Technique
from baton.domain.verdict import Verdict
from baton.testing.mail import calendar_reply_mail, reply_mail

FEEDBACK = "A friendly talk, but this is not something they can act on this year."
UNSEEN = "Nobody came, and nobody answered the phone."


def engage(stage: Stage, ae: Person, letter: Letter) -> Deed | None:
    """Return the AE's answer to an introduction in which they are in copy, or to an invite."""
    if _ignores(stage, ae, letter):
        return None
    if letter.kind is LetterKind.INVITE:
        return Deed(lambda: _accept(stage, ae, letter))
    if letter.kind is LetterKind.LETTER and ae.email in letter.cc:
        return Deed(lambda: _answer(stage, ae, letter))
    return None


def _ignores(stage: Stage, ae: Person, letter: Letter) -> bool:
    leads = [one for one in letter.to if stage.cast.part_of(one) is Part.IGNORED]
    return any(stage.ignored_by.setdefault(lead, ae.email) == ae.email for lead in leads)


def work_on(stage: Stage, rep: Person, case: OpenHandOff) -> Deed | None:
    """Return what the rep does about a hand-off that waits for somebody and wrote to them."""
    match case.wait_kind:
        case WaitKind.OUTCOME if case.responsible == rep.email:
            return Deed(lambda: _report(stage, rep, case))
        case WaitKind.ANSWERS if case.responsible == rep.email:
            return Deed(lambda: _find_out(stage, rep, case))
        case WaitKind.APPROVAL if case.responsible == rep.email:
            return Deed(lambda: _decide(stage, rep, case))
        case WaitKind.ASSIGNMENT if case.responsible == rep.email:
            return Deed(lambda: _find_ae(stage, rep, case))
        case WaitKind.CONNECT if case.responsible == rep.email:
            return _get_in_touch(stage, rep, case)
    return None


def _accept(stage: Stage, ae: Person, letter: Letter) -> str:
    reply = calendar_reply_mail(
        letter.content,
        sender=ae.signature,
        attendance=Attendance.ACCEPTED,
        at=stage.clock.now(),
    )
    stage.send(reply, ae)
    return f"{ae.name} accepts the invite"


def _answer(stage: Stage, ae: Person, letter: Letter) -> str:
    words = "Thank you for putting us in touch. I am glad to meet you; the invite is on its way."
    now = stage.clock.now()
    stage.send(reply_mail(letter.content, sender=ae.signature, text=words, at=now), ae)
    return f"{ae.name} answers the introduction"


def _report(stage: Stage, ae: Person, case: OpenHandOff) -> str:
    part = stage.cast.part_of(case.lead_email)
    if part is Part.NO_SHOW:
        stage.desk.report_outcome(case.id, OutcomeKind.NO_SHOW, {}, UNSEEN, by=ae.email)
        return f"{ae.name} reports that the lead did not come"
    verdicts = dict.fromkeys(stage.criteria, Verdict.MET.value)
    if part is not Part.DOES_NOT_FIT:
        words = "They want to go on, and they can decide."
        stage.desk.report_outcome(case.id, OutcomeKind.MET, verdicts, words, by=ae.email)
        return f"{ae.name} confirms the lead"
    doubtful = stage.cast.doubtful or stage.criteria
    unmet = doubtful[seed(case.lead_email, "unmet") % len(doubtful)]
    verdicts[unmet] = Verdict.UNMET.value
    words = stage.cast.feedback or FEEDBACK
    stage.desk.report_outcome(case.id, OutcomeKind.NOT_MET, verdicts, words, by=ae.email)
    return f"{ae.name} sends the lead back"


def _find_ae(stage: Stage, keeper: Person, case: OpenHandOff) -> str:
    stage.desk.assign(case.id, ae=stage.cast.willing, by=keeper.email)
    return f"{keeper.name} finds an AE for a lead that nobody may have"


def _get_in_touch(stage: Stage, ae: Person, case: OpenHandOff) -> Deed | None:
    """Return the call, once it is time for it; answers to a soft introduction come by mail."""
    shown = stage.desk.show(case.id)
    is_time = all(
        datetime.fromisoformat(wait["not_before"]) <= stage.clock.now()
        for wait in shown["waits"]
        if wait["state"] == "open"
    )
    if shown["technique"] == Technique.SOFT_INTRODUCTION or not is_time:
        return None

    def act() -> str:
        reached = stage.cast.part_of(case.lead_email) is not Part.SILENT
        note = "We talked it through; they want to go on." if reached else "Nobody picked up."
        stage.desk.say_connected(case.id, reached=reached, by=ae.email, note=note)
        return f"{ae.name} {'reaches' if reached else 'does not reach'} the lead by telephone"

    return Deed(act)


def _find_out(stage: Stage, sdr: Person, case: OpenHandOff) -> str:
    waits = stage.desk.show(case.id)["waits"]
    questions = [q for wait in waits if wait["state"] == "open" for q in wait["questions"]]
    answers = {
        fact: value
        for question in questions
        for fact, value in stage.answers.get(question["criterion"], {}).items()
    }
    if stage.cast.part_of(case.lead_email) is Part.QUESTION_UNANSWERED:
        stage.desk.answer(case.id, dict.fromkeys(answers), by=sdr.email)
        return f"{sdr.name} cannot find out what is asked"
    stage.desk.answer(case.id, answers, by=sdr.email)
    return f"{sdr.name} answers {len(questions)} questions"


def _decide(stage: Stage, approver: Person, case: OpenHandOff) -> str:
    part = stage.cast.part_of(case.lead_email)
    if part is Part.APPROVAL_REFUSED:
        note = "We sold to their parent company last month; leave them in peace."
        stage.desk.approve(case.id, approved=False, by=approver.email, note=note)
        return f"{approver.name} refuses an approval"
    if part is Part.APPROVED_IN_PREFECT:
        run = stage.desk.show(case.id)["flow_run_id"]
        stage.resume_in_prefect(run, {"decision": "approve"})
        return f"{approver.name} approves in Prefect's form"
    stage.desk.approve(case.id, approved=True, by=approver.email, note="Go ahead.")
    return f"{approver.name} approves"
