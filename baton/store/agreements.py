"""The agreement's versions: stored once, signed by both teams, then they decide (I9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from baton.domain.rep import Team
from baton.errors import NotFoundError, NotSignedError
from baton.store.tables import Activation, AgreementVersion, Signature

_CONTENT_HASH = select(AgreementVersion.content_hash).where(
    AgreementVersion.id == bindparam("sought")
)


@dataclass(frozen=True, slots=True)
class StoredAgreement:
    """One version as it was stored; it never changes.

    Attributes:
        id: Its number.
        title: Its title.
        content: The document as data.
        content_hash: What the signatures cover.
    """

    id: int
    title: str
    content: dict[str, Any]
    content_hash: str


@dataclass(frozen=True, slots=True)
class SignedBy:
    """A team's signature: who, and when (aware UTC)."""

    team: Team
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """One version for a list.

    Attributes:
        id: Its number.
        title: Its title.
        content_hash: What the signatures cover.
        stored_at: When it was stored (aware UTC).
        signatures: Who signed it, in order.
        activated_at: Since when it last decides or decided; None if it never did.
        is_active: True for the one version that decides now.
    """

    id: int
    title: str
    content_hash: str
    stored_at: datetime
    signatures: tuple[SignedBy, ...]
    activated_at: datetime | None
    is_active: bool


def store_version(
    session: Session,
    *,
    title: str,
    content: Mapping[str, Any],
    source: str,
    content_hash: str,
    at: datetime,
) -> int:
    """Keep a version, once; return its id, the same for the same content.

    Args:
        session: The transaction.
        title: The agreement's title.
        content: The document as data.
        source: The text it was read from.
        content_hash: Hexadecimal SHA-256 of the content's canonical JSON.
        at: Now (aware UTC).
    """
    session.execute(
        insert(AgreementVersion)
        .values(
            content_hash=content_hash,
            title=title,
            content=dict(content),
            source=source,
            stored_at=at,
        )
        .on_conflict_do_nothing(index_elements=["content_hash"])
    )
    return session.scalars(
        select(AgreementVersion.id).where(AgreementVersion.content_hash == content_hash)
    ).one()


def sign(session: Session, agreement_id: int, *, team: Team, name: str, at: datetime) -> bool:
    """Put a team's signature under the version's content hash.

    Returns:
        False when the team had signed it already; that signature stands.

    Raises:
        NotFoundError: There is no such version.
    """
    stored = version(session, agreement_id)
    made = session.execute(
        insert(Signature)
        .values(
            agreement_id=stored.id,
            team=team.value,
            name=name,
            content_hash=stored.content_hash,
            at=at,
        )
        .on_conflict_do_nothing(index_elements=["agreement_id", "team"])
        .returning(Signature.id)
    )
    return made.first() is not None


def activate(session: Session, agreement_id: int, *, by: str, at: datetime) -> None:
    """Let a version decide from now on; hand-offs under way stay on theirs.

    Raises:
        NotFoundError: There is no such version.
        NotSignedError: A team has not signed its content (I9).
    """
    stored = version(session, agreement_id)
    signed = session.scalars(
        select(Signature.team).where(
            Signature.agreement_id == stored.id, Signature.content_hash == stored.content_hash
        )
    ).all()
    missing = [team.value for team in Team if team.value not in signed]
    if missing:
        commands = ", then ".join(f"'baton agreement sign --team {team}'" for team in missing)
        raise NotSignedError(
            f"agreement version {agreement_id} ({stored.title}) cannot decide: not signed by "
            f"{' and '.join(missing)}. Run {commands}."
        )
    if active_id(session) != agreement_id:
        session.add(Activation(agreement_id=agreement_id, by=by, at=at))
        session.flush()


def active_id(session: Session) -> int | None:
    """Return the id of the version that decides now; None before the first activation."""
    return session.scalar(select(Activation.agreement_id).order_by(Activation.id.desc()).limit(1))


def active_version(session: Session) -> StoredAgreement | None:
    """Return the version that decides now; None before the first activation."""
    agreement_id = active_id(session)
    return None if agreement_id is None else version(session, agreement_id)


def version(session: Session, agreement_id: int) -> StoredAgreement:
    """Return a version.

    Raises:
        NotFoundError: There is no such version.
    """
    found = session.get(AgreementVersion, agreement_id)
    if found is None:
        raise _not_found(agreement_id)
    return StoredAgreement(found.id, found.title, found.content, found.content_hash)


def content_hash_of(session: Session, agreement_id: int) -> str:
    """Return a version's content hash without reading its content.

    Raises:
        NotFoundError: There is no such version.
    """
    found = session.scalar(_CONTENT_HASH, {"sought": agreement_id})
    if found is None:
        raise _not_found(agreement_id)
    return found


def _not_found(agreement_id: int) -> NotFoundError:
    return NotFoundError(
        f"there is no agreement version {agreement_id}; 'baton agreement list' shows them"
    )


def versions(session: Session) -> list[VersionSummary]:
    """Return all versions with their signatures, the newest first."""
    active = active_id(session)
    signatures: dict[int, list[SignedBy]] = {}
    for row in session.scalars(select(Signature).order_by(Signature.id)):
        signatures.setdefault(row.agreement_id, []).append(
            SignedBy(Team(row.team), row.name, row.at)
        )
    activated = {
        row.agreement_id: row.at
        for row in session.scalars(select(Activation).order_by(Activation.id))
    }
    columns = (
        AgreementVersion.id,
        AgreementVersion.title,
        AgreementVersion.content_hash,
        AgreementVersion.stored_at,
    )
    return [
        VersionSummary(
            id=row.id,
            title=row.title,
            content_hash=row.content_hash,
            stored_at=row.stored_at,
            signatures=tuple(signatures.get(row.id, ())),
            activated_at=activated.get(row.id),
            is_active=row.id == active,
        )
        for row in session.execute(select(*columns).order_by(AgreementVersion.id.desc()))
    ]
