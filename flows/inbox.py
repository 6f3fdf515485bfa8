"""Read replies, calendar replies, bounces and opt-outs into events."""

from prefect import flow

from baton import runtime
from baton.engine.inbox import read_inbox


@flow(name="inbox")
def inbox() -> int:
    """Take in what arrived; return how many messages were new."""
    return read_inbox(runtime.current())
