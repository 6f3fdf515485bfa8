"""Introduce: the SDR brings lead and AE together by mail; the AE gets the context (A2, B3, B4)."""

from baton.domain.hand_off import EffectState
from baton.engine.assigning import assign_ae
from baton.engine.contact_plan import plan_contact
from baton.engine.introducing import (
    ask_for_other_address,
    introduction_intents,
    no_other_address,
    opted_out,
)
from baton.engine.people import people_of
from baton.engine.queueing import queue
from baton.engine.stage import Finished, Step, Work, stage
from baton.store.effects import OPTED_OUT


@stage
def introduce(work: Work) -> Step:
    """Send the introduction in the SDR's name and the context packet to the AE."""
    over = no_other_address(work)
    if over is not None:
        return over
    with work.transaction() as (session, hand_off):
        if assign_ae(session, hand_off, at=work.now()) is None:
            return queue(work, session, hand_off)
    asleep = plan_contact(work)
    if asleep is not None:
        return asleep
    with work.transaction() as (session, hand_off):
        intents = introduction_intents(work, session, hand_off, people_of(session, hand_off))
    introduction = work.perform(intents[:1])[0]
    if introduction.error == OPTED_OUT:
        return opted_out(work)
    if introduction.state is not EffectState.DONE:
        return ask_for_other_address(work, introduction.error or "")
    with work.transaction() as (_, hand_off):
        hand_off.introduced_at = hand_off.introduced_at or work.now()
        hand_off.thread_id = hand_off.thread_id or intents[0].provider_id
    work.perform(intents[1:])
    return Finished({"introduction": introduction.key})
