"""The batch's steps as Prefect tasks; ids go in, numbers come out."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from baton import runtime as composition
from baton.engine import batch
from baton.engine.actions import start_hand_off
from baton.engine.batch import Due, enrich_batch, gate_batch, judge_waiting
from baton.errors import RefusedError
from baton.store.waiting_leads import ready_leads


@task(name="enrich, gate and judge", cache_policy=NO_CACHE, persist_result=False)
def judge_chunk(lead_ids: list[int]) -> int:
    """Enrich the leads, quarantine what the gate refuses, judge the rest; return the nurtured."""
    runtime = composition.current()
    return judge_waiting(runtime, gate_batch(runtime, enrich_batch(runtime, lead_ids)))


@task(name="judge whom time turned", cache_policy=NO_CACHE, persist_result=False)
def judge_turned(due: Due) -> int:
    """Judge the leads that time may have turned; return how many were judged."""
    return batch.judge_turned(composition.current(), due)


@task(name="start hand-offs", cache_policy=NO_CACHE, persist_result=False)
def start_hand_offs(most: int) -> int:
    """Open a hand-off for each lead that is ready, the warmest first; return how many."""
    runtime, started = composition.current(), 0
    with runtime.transaction() as session:
        ready = ready_leads(session, most=most)
    for lead_id in ready:
        try:
            start_hand_off(runtime, lead_id, by="qualify")
            started += 1
        except RefusedError:
            # It went elsewhere since it was judged: opted out, or started by hand.
            continue
    return started
