"""What follows when no mail reaches the lead: another address from the SDR, and a new beginning."""

from __future__ import annotations

from baton.domain.hand_off import EffectState, WaitKind, WaitState
from baton.engine.calling_off import call_off_freed
from baton.engine.introducing import (
    ask_for_other_address,
    introduction_intents,
    opted_out,
)
from baton.engine.people import people_of
from baton.engine.stage import Step, Work
from baton.store.dead_addresses import dead_among, was_introduced_at
from baton.store.effects import OPTED_OUT
from baton.store.waits import latest_wait


def reach_elsewhere(work: Work) -> Step | None:
    """Ask the SDR for another address; None as soon as the lead was introduced at one.

    The introduction there is a mail of its own, in the same thread; the AE gets it in copy again.
    Where the lead was introduced already, because only the invite was refused and the SDR knows the
    address to be right, there is no other one (I6).
    """
    if not _has_answer(work):
        with work.transaction() as (session, hand_off):
            call_off_freed(work.runtime, session, hand_off)
        return ask_for_other_address(work, _why(work), was_introduced=True)
    with work.transaction() as (session, hand_off):
        people = people_of(session, hand_off)
        assert people.ae is not None
        if was_introduced_at(session, hand_off, people.lead_address, people.ae.email.lower()):
            return None
        intents = introduction_intents(work, session, hand_off, people)
    introduction = work.perform(intents[:1])[0]
    if introduction.state is EffectState.DONE:
        return None
    if introduction.error == OPTED_OUT:
        return opted_out(work)
    return ask_for_other_address(work, introduction.error or "", was_introduced=True)


def is_given_up(work: Work) -> bool:
    """Return whether the SDR was asked for another address in vain."""
    with work.transaction() as (session, hand_off):
        asked = latest_wait(session, hand_off.id, WaitKind.CONTACT)
        return asked is not None and asked.decision == "give_up"


def _has_answer(work: Work) -> bool:
    """Return whether the SDR was asked since the last proposal came back, and has answered."""
    with work.transaction() as (session, hand_off):
        refused = latest_wait(session, hand_off.id, WaitKind.ACCEPTANCE)
        asked = latest_wait(session, hand_off.id, WaitKind.CONTACT)
        assert refused is not None
        return asked is not None and asked.id > refused.id and asked.state != WaitState.OPEN


def _why(work: Work) -> str:
    with work.transaction() as (session, hand_off):
        address = people_of(session, hand_off).lead_address
        return dead_among(session, [address]).get(address, "the mail server refused the invite")
