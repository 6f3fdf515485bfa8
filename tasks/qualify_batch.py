"""The batch's steps as Prefect tasks; ids go in, ids come out."""

from collections.abc import Iterator

from prefect import task
from prefect.cache_policies import NO_CACHE

from baton import runtime as composition
from baton.engine.actions import start_hand_off
from baton.engine.batch import Judged, enrich_batch, gate_batch, judge_batch
from baton.errors import RefusedError
from baton.store.waiting_leads import prepare_waiting, waiting_leads

CHUNK = 2000


def chunks_of_waiting() -> Iterator[list[int]]:
    """Yield every waiting lead's id, in sets; first, who has opted out is closed."""
    runtime = composition.current()
    with runtime.transaction() as session:
        prepare_waiting(session, at=runtime.clock.now())
    after = 0
    while True:
        with runtime.transaction() as session:
            chunk = list(waiting_leads(session, after=after, size=CHUNK))
        if not chunk:
            return
        yield chunk
        after = chunk[-1]


@task(name="enrich, gate and judge", cache_policy=NO_CACHE, persist_result=False)
def judge_chunk(lead_ids: list[int]) -> Judged:
    """Enrich the leads, quarantine what the gate refuses, judge the rest."""
    runtime = composition.current()
    return judge_batch(runtime, gate_batch(runtime, enrich_batch(runtime, lead_ids)))


@task(name="start hand-offs", cache_policy=NO_CACHE, persist_result=False)
def start_hand_offs(lead_ids: list[int]) -> int:
    """Open a hand-off for each lead; return how many were opened."""
    runtime, started = composition.current(), 0
    for lead_id in lead_ids:
        try:
            start_hand_off(runtime, lead_id, by="qualify")
            started += 1
        except RefusedError:
            # It went elsewhere since it was judged: opted out, or started by hand.
            continue
    return started
