"""A lead's whole story, for the person who asks why. Nothing here changes anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.errors import NotFoundError
from baton.store.lead_events import Event, events_of
from baton.store.leads import known_lead
from baton.store.likenesses import AccountView, MergeView, account_of_lead, merges_of_lead
from baton.store.sla_reports import PromiseView, promises_of_lead
from baton.store.tables import Decision, Lead, OptOut, Rep
from baton.store.views import HandOffLine, lead_name, list_hand_offs

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class LeadView:
    """Who the lead is and where it is."""

    id: int
    external_id: str | None
    name: str
    email: str | None
    phone: str | None
    title: str | None
    company: str | None
    country: str | None
    origin: str | None
    campaign: str | None
    status: str
    place: str
    place_reason: str | None
    owner: str | None
    check_in_on: date | None
    opted_out: list[str]


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A stored decision with the version that made it, the facts it saw and its reasons (I8)."""

    id: int
    kind: str
    agreement_id: int
    at: datetime
    as_of: datetime
    result: dict[str, Any]
    reasons: list[Any]
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LeadStory:
    """Everything that was decided about a lead, and what happened to it."""

    lead: LeadView
    decisions: list[DecisionView]
    hand_offs: list[HandOffLine]
    history: list[Event]
    promises: list[PromiseView]
    account: AccountView
    merges: list[MergeView]


def find_lead(session: Session, reference: str) -> int:
    """Return the id of the lead that `reference` names.

    Args:
        session: Any session; only read from.
        reference: Mail address, external id, or our id; tried in this order, so that an external
            id made of digits is never mistaken for another lead's id.

    Raises:
        NotFoundError: No lead has it.
    """
    wanted = reference.strip()
    for condition in (Lead.email == wanted.lower(), Lead.external_id == wanted):
        found = session.scalars(
            select(Lead.id)
            .where(condition)
            .order_by(Lead.duplicate_of.is_not(None), Lead.id)
            .limit(1)
        ).first()
        if found is not None:
            return found
    if wanted.isdecimal() and int(wanted) <= LARGEST_ID:
        found = session.scalar(select(Lead.id).where(Lead.id == int(wanted)))
        if found is not None:
            return found
    raise NotFoundError(
        f"No lead has the address, external id or id {wanted!r}. "
        "A row that was refused at import is in 'baton quarantine list'."
    )


def tell_lead(session: Session, lead_id: int) -> LeadStory:
    """Return a lead's story, oldest first; its qualifications are the rulebook's to put in words.

    Raises:
        NotFoundError: No such lead.
    """
    lead = known_lead(session, lead_id)
    return LeadStory(
        lead=_lead(session, lead),
        decisions=_decisions(session, lead_id),
        hand_offs=list_hand_offs(session, state=None, lead_id=lead_id),
        history=events_of(session, lead_id),
        promises=promises_of_lead(session, lead_id),
        account=account_of_lead(session, lead),
        merges=merges_of_lead(session, lead_id),
    )


def _lead(session: Session, lead: Lead) -> LeadView:
    owner = session.get(Rep, lead.owner_id) if lead.owner_id else None
    addresses = [address for address in (lead.email, lead.phone_e164) if address]
    channels = session.scalars(select(OptOut.channel).where(OptOut.address.in_(addresses)))
    return LeadView(
        id=lead.id,
        external_id=lead.external_id,
        name=lead_name(lead),
        email=lead.email,
        phone=lead.phone_e164 or lead.phone,
        title=lead.title,
        company=lead.company,
        country=lead.country,
        origin=lead.origin,
        campaign=lead.campaign,
        status=lead.status,
        place=lead.place,
        place_reason=lead.place_reason,
        owner=owner.email if owner else None,
        check_in_on=lead.check_in_on,
        opted_out=sorted(set(channels)),
    )


def _decisions(session: Session, lead_id: int) -> list[DecisionView]:
    rows = session.scalars(
        select(Decision).where(Decision.lead_id == lead_id).order_by(Decision.id)
    )
    return [
        DecisionView(
            id=row.id,
            kind=row.kind,
            agreement_id=row.agreement_id,
            at=row.at,
            as_of=row.as_of,
            result=row.result,
            reasons=row.reasons,
            facts=row.facts,
        )
        for row in rows
    ]
