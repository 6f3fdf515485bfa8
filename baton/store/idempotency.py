"""Answers already given to requests: the same key gets the same answer, and acts once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from baton.errors import RefusedError
from baton.store.tables import IdempotencyKey

LOCK_SEED = 9


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered: the HTTP status and the JSON body."""

    status: int
    response: dict[str, Any]


def claim_key(session: Session, key: str, request_hash: str) -> StoredAnswer | None:
    """Hold the key until the transaction ends; return the answer that was given under it.

    A second request with the same key waits here for the first one, so both never act.

    Args:
        session: In a transaction that stays open until `remember_answer` was called.
        key: The caller's key.
        request_hash: Digest of the whole request; another one under the same key is a mistake.

    Returns:
        The stored answer, or None when this request is the first.

    Raises:
        RefusedError: The key was used for another request.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, LOCK_SEED))))
    found = session.get(IdempotencyKey, key)
    if found is None:
        return None
    if found.request_hash != request_hash:
        raise RefusedError(
            f"The idempotency key {key!r} was used for another request. "
            "Send this one under a new key."
        )
    return StoredAnswer(found.status, found.response)


def remember_answer(
    session: Session, key: str, request_hash: str, answer: StoredAnswer, *, at: datetime
) -> None:
    """Keep the answer under its key, in the transaction that claimed the key."""
    session.add(
        IdempotencyKey(
            key=key,
            request_hash=request_hash,
            status=answer.status,
            response=answer.response,
            at=at,
        )
    )
