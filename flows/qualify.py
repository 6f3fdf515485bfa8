"""The scheduled batch: new and changed leads are judged in sets; who qualifies is handed off."""

from prefect import flow

from baton import runtime as composition
from baton.engine.batch import chunks_of_waiting, close_batch, open_batch
from tasks.qualify_batch import judge_chunk, judge_turned, start_hand_offs


@flow(name="qualify")
def qualify(max_starts: int = 500, everyone: bool = False) -> dict[str, int]:
    """Judge whoever is due, or everyone, and start at most `max_starts` hand-offs."""
    runtime = composition.current()
    due = open_batch(runtime, everyone=everyone)
    turned = judge_turned.submit(due)
    judged = nurtured = 0
    for chunk in chunks_of_waiting(runtime, due):
        nurtured += judge_chunk(chunk)
        judged += len(chunk)
    judged += turned.result()
    close_batch(runtime, due, judged=judged)
    return {"judged": judged, "nurtured": nurtured, "started": start_hand_offs(max_starts)}
