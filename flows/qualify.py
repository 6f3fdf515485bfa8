"""The scheduled batch: new and changed leads are judged in sets; who qualifies is handed off."""

from prefect import flow

from tasks.qualify_batch import chunks_of_waiting, judge_chunk, start_hand_offs


@flow(name="qualify")
def qualify(max_starts: int = 500) -> dict[str, int]:
    """Judge every waiting lead and start at most `max_starts` hand-offs; the rest wait."""
    judged = nurtured = started = 0
    for chunk in chunks_of_waiting():
        result = judge_chunk(chunk)
        judged += len(chunk)
        nurtured += result.nurtured
        started += start_hand_offs(result.ready[: max(0, max_starts - started)])
    return {"judged": judged, "nurtured": nurtured, "started": started}
