"""Who may review a rejection: people without a stake (E3)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from baton.domain.rep import Role
from baton.errors import RefusedError
from baton.store.tables import Rep


def active_reviewer(session: Session, email: str) -> Rep:
    """Return the reviewer with this address, whatever its case.

    Raises:
        RefusedError: There is no such active rep, or the role is another one.
    """
    reviewer = session.scalar(select(Rep).where(Rep.email == email.strip().lower()))
    if reviewer is None or reviewer.role != Role.REVIEWER or not reviewer.is_active:
        raise RefusedError(
            f"{email} is no active {Role.REVIEWER}; only people without a stake review."
        )
    return reviewer


def active_reviewers(session: Session) -> int:
    """Return how many people may review at all."""
    found = select(func.count()).where(Rep.role == Role.REVIEWER, Rep.is_active)
    return session.scalar(found) or 0


def involved(session: Session, hand_off_id: uuid.UUID) -> list[Rep]:
    """Return who had to do with the hand-off, and their managers, by id."""
    known = select(func.involved_in(hand_off_id))
    return list(session.scalars(select(Rep).where(Rep.id.in_(known)).order_by(Rep.id)))


def masked(words: str, reps: Iterable[Rep]) -> str:
    """Return the words without the names and addresses of these people."""
    names = {part for rep in reps for part in (rep.email, rep.name, *rep.name.split())}
    # Short parts are also words ("An", "Jo"); the whole name is masked before its parts.
    for name in sorted((n for n in names if len(n) > 2), key=len, reverse=True):  # noqa: PLR2004
        words = re.sub(
            rf"(?<!\w){re.escape(name)}(?!\w)", "[colleague]", words, flags=re.IGNORECASE
        )
    return words
