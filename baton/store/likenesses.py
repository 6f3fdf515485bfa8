"""What is known of a lead's account and of its duplicates, for the person who asks why. Reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from baton.store.owners import owner_of_account
from baton.store.tables import Account, Lead


@dataclass(frozen=True, slots=True)
class AccountView:
    """The account that a lead belongs to.

    Attributes:
        name: None if the lead belongs to none.
        why: Why it belongs there, or to none.
        parent: The name of the account's parent.
        owner: Who has the account, an opportunity of it or its parent, by mail address.
        owns: What of it they have, in words.
    """

    name: str | None
    domain: str | None
    why: str | None
    parent: str | None
    owner: str | None
    owns: str | None


@dataclass(frozen=True, slots=True)
class MergeView:
    """A merge that the lead was part of; instants are aware UTC."""

    dropped: int
    kept: int
    reasons: list[str]
    by: str
    at: datetime
    undone_at: datetime | None
    undone_by: str | None
    undone_reason: str | None


_MERGES = text("""
    select drop_id as dropped, keep_id as kept, reasons, by, at, undone_at, undone_by, undone_reason
    from lead_merge where keep_id = :lead or drop_id = :lead order by id
""")


def account_of_lead(session: Session, lead: Lead) -> AccountView:
    """Return to which account the lead was matched, and why."""
    account = session.get(Account, lead.account_id) if lead.account_id else None
    if account is None:
        return AccountView(None, None, lead.account_why, None, None, None)
    parent = session.get(Account, account.parent_id) if account.parent_id else None
    owner = owner_of_account(session, account.id)
    return AccountView(
        name=account.name,
        domain=account.domain,
        why=lead.account_why,
        parent=parent.name if parent else None,
        owner=owner.email if owner else None,
        owns=owner.owns if owner else None,
    )


def merges_of_lead(session: Session, lead_id: int) -> list[MergeView]:
    """Return the merges that the lead was part of, standing or undone, oldest first."""
    rows = session.execute(_MERGES, {"lead": lead_id}).mappings()
    return [MergeView(**row) for row in rows]


def merged_into(session: Session, lead_id: int) -> list[int]:
    """Return the leads that are merged into this one, by id."""
    return list(
        session.scalars(select(Lead.id).where(Lead.duplicate_of == lead_id).order_by(Lead.id))
    )
