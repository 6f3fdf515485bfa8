"""The local CRM: our own tables behind the `Crm` Protocol, with history."""

from __future__ import annotations

from sqlalchemy import Engine, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from baton.domain.crm import CrmView, CrmWrite, view_of, why_not_writable
from baton.domain.hand_off import EffectKind
from baton.errors import DatabaseUnavailableError, InputError, NotFoundError
from baton.store.tables import CrmEntry, CrmRecord


class LocalCrm:
    """The embedded CRM; satisfies `baton.domain.crm.Crm`. Safe across threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, change: CrmWrite) -> None:
        """Make the change true, once, in a transaction of its own.

        Raises:
            InputError: The write can never be taken; the message says why.
            NotFoundError: There is no such lead.
            DatabaseUnavailableError: PostgreSQL is down or busy.
        """
        try:
            with Session(self._engine) as session, session.begin():
                write_entry(session, change)
        except OperationalError as error:
            raise _unavailable() from error

    def has(self, external_id: str) -> bool:
        """Return whether a write with this id arrived.

        Raises:
            DatabaseUnavailableError: PostgreSQL is down or busy.
        """
        try:
            with Session(self._engine) as session:
                return session.execute(
                    select(exists().where(CrmEntry.external_id == external_id))
                ).scalar_one()
        except OperationalError as error:
            raise _unavailable() from error

    def view(self, lead_id: int) -> CrmView:
        """Return the lead as the CRM shows it; nothing but None and empty for an unknown one."""
        with Session(self._engine) as session:
            return crm_view(session, lead_id)


def write_entry(session: Session, change: CrmWrite) -> bool:
    """Log the write and bring the lead's record to what its history adds up to.

    Returns:
        False when a write with this external id was there already; nothing changed then.

    Raises:
        InputError: The write can never be taken; the message says why.
        NotFoundError: There is no such lead.
    """
    refusal = why_not_writable(change)
    if refusal is not None:
        raise InputError(f"The CRM cannot take the write {change.external_id}: {refusal}.")
    try:
        with session.begin_nested():
            arrived = session.execute(
                insert(CrmEntry)
                .values(
                    external_id=change.external_id,
                    lead_id=change.lead_id,
                    kind=change.kind.value,
                    body=change.body,
                    at=change.at,
                )
                .on_conflict_do_nothing(index_elements=[CrmEntry.external_id])
                .returning(CrmEntry.id)
            ).scalar()
    except IntegrityError as error:
        raise NotFoundError(
            f"The CRM has no lead {change.lead_id} to write to; import the lead first."
        ) from error
    if arrived is None:
        return False
    _bring_up_to_date(session, change)
    return True


def crm_view(session: Session, lead_id: int) -> CrmView:
    """Return status, owner, notes, tasks, opt-out and history of a lead, as the CRM has them."""
    record = session.get(CrmRecord, lead_id, populate_existing=True)
    view = view_of(lead_id, _history(session, lead_id))
    if record is None:
        return view
    return CrmView(
        lead_id=lead_id,
        status=record.status,
        owner_email=record.owner_email,
        opted_out=record.opted_out,
        notes=view.notes,
        tasks=view.tasks,
        history=view.history,
    )


def _history(session: Session, lead_id: int) -> tuple[CrmWrite, ...]:
    entries = session.scalars(
        select(CrmEntry).where(CrmEntry.lead_id == lead_id).order_by(CrmEntry.at, CrmEntry.id)
    )
    return tuple(
        CrmWrite(entry.external_id, EffectKind(entry.kind), lead_id, entry.body, entry.at)
        for entry in entries
    )


def _bring_up_to_date(session: Session, change: CrmWrite) -> None:
    # The record is locked before the history is read: of two writers the second sees both writes.
    session.execute(
        insert(CrmRecord)
        .values(lead_id=change.lead_id, changed_at=change.at)
        .on_conflict_do_nothing(index_elements=[CrmRecord.lead_id])
    )
    record = session.execute(
        select(CrmRecord)
        .where(CrmRecord.lead_id == change.lead_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    view = view_of(change.lead_id, _history(session, change.lead_id))
    record.status = view.status
    record.owner_email = view.owner_email
    record.opted_out = view.opted_out
    record.changed_at = view.history[-1].at
    session.flush()


def _unavailable() -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        "The local CRM cannot be reached, because PostgreSQL does not answer. "
        "Start it, or mend BATON_DATABASE_URL."
    )
