"""No more calls a minute than agreed with a neighbour, and no more mails to a domain.

That is over all processes together.
The limits are Prefect's global concurrency limits with a decay, so that ops see them in Prefect's
UI. The settings say how many; without a number there nobody is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import httpx

from baton.domain.hand_off import Neighbour
from baton.engine.runs import api_url
from baton.errors import EngineUnavailableError, PaceError
from baton.settings import Settings

PATIENCE_SECONDS = 20


def limit_name(what: str) -> str:
    """Return what the limit of a neighbour, or of mails to a domain, is called in Prefect."""
    return f"baton-{what}"


def pace_of(settings: Settings, neighbour: Neighbour) -> int | None:
    """Return how many calls a minute are agreed; None if any number."""
    agreed = {Neighbour.MAIL: settings.mail_per_minute, Neighbour.CRM: settings.crm_per_minute}
    return agreed.get(neighbour)


def paces_of(
    settings: Settings, neighbour: Neighbour, recipients: Iterable[str] = ()
) -> dict[str, int]:
    """Return how many a minute are agreed, by the name of the limit; empty if any number.

    Args:
        settings: What is agreed.
        neighbour: Who is called.
        recipients: Mail addresses that the call reaches; each of their domains may have a limit.
    """
    general = pace_of(settings, neighbour)
    paces = {} if general is None else {limit_name(neighbour): general}
    for domain in sorted({address.rpartition("@")[2].lower() for address in recipients}):
        per_minute = settings.mail_per_minute_to.get(domain)
        if per_minute is not None:
            paces[limit_name(f"mail-to-{domain}")] = per_minute
    return paces


def keep_pace(
    settings: Settings,
    neighbour: Neighbour,
    recipients: Iterable[str] = (),
    *,
    patience: float | None = None,
) -> None:
    """Wait until one more call is agreed, by every limit that it comes under.

    Args:
        settings: What is agreed.
        neighbour: Who is called.
        recipients: Mail addresses that the call reaches.
        patience: Seconds to wait; `PATIENCE_SECONDS` unless given.

    Raises:
        PaceError: That takes too long; the effect is done later.
        EngineUnavailableError: Prefect, which keeps the count, does not answer.
    """
    paces = paces_of(settings, neighbour, recipients)
    if not paces:
        return
    from prefect.concurrency.asyncio import (  # noqa: PLC0415 (slow; needed by few)
        ConcurrencySlotAcquisitionError,
    )
    from prefect.concurrency.sync import rate_limit  # noqa: PLC0415
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415

    seconds = PATIENCE_SECONDS if patience is None else patience
    try:
        with temporary_settings({PREFECT_API_URL: api_url(settings)}):
            for name, per_minute in paces.items():
                _agree(api_url(settings), name, per_minute)
            rate_limit(list(paces), timeout_seconds=seconds, strict=True)
    except TimeoutError as error:
        agreed = " and ".join(f"{count} ({name})" for name, count in paces.items())
        raise PaceError(
            f"The {neighbour} neighbour takes {agreed} calls a minute, and more are waiting; "
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
