"""An agreement that both teams have signed, without the people who would."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from baton.domain.rep import Team
from baton.rulebook.loading import hash_of
from baton.store.agreements import activate, sign, store_version

KIM = dict.fromkeys(Team, "Kim")


def signed(
    session: Session,
    content: dict[str, Any],
    *,
    at: datetime,
    by: Mapping[Team, str] = KIM,
    source: str = "",
) -> int:
    """Store an agreement with both signatures; return its number. It does not decide yet.

    Args:
        session: Its transaction.
        content: The agreement as data, as it is loaded from the rules folder.
        at: Aware UTC instant of the signatures.
        by: Who signs for each team.
        source: The text that the content was read from.
    """
    version = store_version(
        session,
        title=content["title"],
        content=content,
        source=source,
        content_hash=hash_of(content),
        at=at,
    )
    for team in Team:
        sign(session, version, team=team, name=by[team], at=at)
    return version


def agreed(
    session: Session,
    content: dict[str, Any],
    *,
    at: datetime,
    by: Mapping[Team, str] = KIM,
    source: str = "",
) -> int:
    """Store an agreement that both teams signed and let it decide (I9); return its number.

    The arguments are those of `signed`; sales activates it.
    """
    version = signed(session, content, at=at, by=by, source=source)
    activate(session, version, by=by[Team.SALES], at=at)
    return version
