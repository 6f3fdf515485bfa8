"""No more calls a minute than agreed with a neighbour, over all processes together.

The limits are Prefect's global concurrency limits with a decay, so that ops see them in Prefect's
UI. The settings say how many; without a number there nobody is asked.
"""

from __future__ import annotations

from functools import cache

import httpx

from baton.domain.hand_off import Neighbour
from baton.engine.runs import api_url
from baton.errors import EngineUnavailableError, PaceError
from baton.settings import Settings

PATIENCE_SECONDS = 20


def limit_name(neighbour: Neighbour) -> str:
    """Return what the neighbour's limit is called in Prefect."""
    return f"baton-{neighbour}"


def pace_of(settings: Settings, neighbour: Neighbour) -> int | None:
    """Return how many calls a minute are agreed; None if any number."""
    agreed = {Neighbour.MAIL: settings.mail_per_minute, Neighbour.CRM: settings.crm_per_minute}
    return agreed.get(neighbour)


def keep_pace(settings: Settings, neighbour: Neighbour) -> None:
    """Wait until one more call is agreed.

    Raises:
        PaceError: That takes too long; the effect is done later.
        EngineUnavailableError: Prefect, which keeps the count, does not answer.
    """
    per_minute = pace_of(settings, neighbour)
    if per_minute is None:
        return
    from prefect.concurrency.asyncio import (  # noqa: PLC0415 (slow; needed by few)
        ConcurrencySlotAcquisitionError,
    )
    from prefect.concurrency.sync import rate_limit  # noqa: PLC0415
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415

    try:
        with temporary_settings({PREFECT_API_URL: api_url(settings)}):
            _agree(api_url(settings), limit_name(neighbour), per_minute)
            rate_limit(limit_name(neighbour), timeout_seconds=PATIENCE_SECONDS, strict=True)
    except TimeoutError as error:
        raise PaceError(
            f"The {neighbour} neighbour takes {per_minute} calls a minute, and more are waiting; "
            "this one is made a little later."
        ) from error
    except (httpx.HTTPError, ConcurrencySlotAcquisitionError) as error:
        raise EngineUnavailableError(
            f"Prefect, which counts the calls to the {neighbour} neighbour, does not answer: "
            f"{error!r}. The sweep tries again; 'baton up' starts it."
        ) from error


@cache
def _agree(_api_url: str, name: str, per_minute: int) -> None:
    """Make the limit in Prefect, or bring it up to date; once a process is enough."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415

    with get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name(
            name, limit=max(1, per_minute // 60), slot_decay_per_second=per_minute / 60
        )
