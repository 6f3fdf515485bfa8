"""Every minute: remind, escalate, expire, wake, and count that no lead is lost (I5)."""

from prefect import flow

from baton import runtime
from baton.engine import sweep as sweeping


@flow(name="sweep")
def sweep() -> dict[str, int]:
    """Bring on everything that is due."""
    return sweeping.sweep(runtime.current()).as_dict()
