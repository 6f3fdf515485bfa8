"""The agreement that decides: the active version, or the one that a hand-off began with."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy.orm import Session

from baton.errors import NotSignedError, RulesError
from baton.rulebook.agreement import Agreement
from baton.rulebook.loading import agreement_from_content, hash_of
from baton.store.agreements import active_id, content_hash_of, version


def active_agreement(session: Session) -> tuple[int, Agreement]:
    """Return the id and the content of the version that decides now.

    Raises:
        NotSignedError: No version has been signed by both teams and activated yet (I9).
    """
    agreement_id = active_id(session)
    if agreement_id is None:
        raise NotSignedError(
            "no agreement decides yet; run 'baton agreement sign --team marketing --name ...' and "
            "'baton agreement sign --team sales --name ...', then 'baton agreement activate'"
        )
    return agreement_id, agreement_of(session, agreement_id)


def agreement_of(session: Session, agreement_id: int) -> Agreement:
    """Return a version's agreement, read and checked once a process, looked for once a session.

    Raises:
        NotFoundError: There is no such version.
        RulesError: Its content is not what was signed, or this release cannot read it.
    """
    seen: dict[int, Agreement] = session.info.setdefault("agreements", {})
    if agreement_id in seen:
        return seen[agreement_id]
    content_hash = content_hash_of(session, agreement_id)
    known = _by_hash(content_hash)
    if not known:
        stored = version(session, agreement_id)
        if hash_of(stored.content) != content_hash:
            raise RulesError(
                f"agreement version {agreement_id} was altered after it was stored: its content "
                "does not have the hash that was signed; activate another version"
            )
        known.append(agreement_from_content(stored.content))
    seen[agreement_id] = known[0]
    return known[0]


@lru_cache(maxsize=64)
def _by_hash(content_hash: str) -> list[Agreement]:
    """Return the place where the agreement with this hash is kept; empty at first.

    A version's id is not enough of a key: two databases have a version 1 each.
    """
    del content_hash
    return []
