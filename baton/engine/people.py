"""Who takes part in a hand-off, as the texts and the letters need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, aliased

from baton.domain.rep import Role
from baton.errors import RefusedError
from baton.store.tables import Account, HandOff, Lead, Rep

_SDR, _AE = aliased(Rep), aliased(Rep)
_PEOPLE = (
    select(Lead, Account, _SDR, _AE)
    .outerjoin(Account, Account.id == Lead.account_id)
    .join(_SDR, _SDR.id == bindparam("sdr"))
    .outerjoin(_AE, _AE.id == bindparam("ae"))
    .where(Lead.id == bindparam("lead"))
)


@dataclass(frozen=True, slots=True)
class People:
    """The lead, the company and the reps of one hand-off; `ae` is None before the introduction."""

    lead: Lead
    account: Account | None
    sdr: Rep
    ae: Rep | None

    @property
    def lead_name(self) -> str:
        """The lead's full name, or the address where no name is known."""
        names = (self.lead.given_name, self.lead.family_name)
        return " ".join(part for part in names if part) or self.lead.email or ""

    @property
    def lead_address(self) -> str:
        """The lead's mail address; the gates let no lead without one come here."""
        assert self.lead.email is not None
        return self.lead.email

    def variables(self) -> dict[str, Any]:
        """Return `lead`, `sdr` and `ae` as plain values for the texts."""
        lead = self.lead
        return {
            "lead": {
                "name": self.lead_name,
                "given_name": lead.given_name or self.lead_name,
                "email": lead.email,
                "phone": lead.phone_e164,
                "title": lead.title,
                "company": self.account.name if self.account else lead.company,
                "country": lead.country,
                "time_zone": lead.time_zone or "UTC",
                "language": lead.language,
            },
            "sdr": rep_variables(self.sdr),
            **({"ae": rep_variables(self.ae)} if self.ae else {}),
        }


def rep_variables(rep: Rep) -> dict[str, str]:
    """Return a rep as plain values for the texts."""
    return {"name": rep.name, "email": rep.email, "time_zone": rep.time_zone}


def people_of(session: Session, hand_off: HandOff) -> People:
    """Return everyone who takes part in the hand-off."""
    ids = {"lead": hand_off.lead_id, "sdr": hand_off.sdr_id, "ae": hand_off.ae_id}
    return People(*session.execute(_PEOPLE, ids).one())


def first_of(session: Session, *roles: Role) -> Rep:
    """Return an active rep with the first of these roles that anyone has.

    Raises:
        RefusedError: Nobody has any of them.
    """
    for role in roles:
        rep = session.scalar(
            select(Rep).where(Rep.role == role, Rep.is_active).order_by(Rep.id).limit(1)
        )
        if rep is not None:
            return rep
    raise RefusedError(
        f"No active rep is {' or '.join(roles)}; import reps with 'baton import --reps'."
    )


def manager_of(session: Session, rep: Rep) -> Rep:
    """Return whom a rep's overdue work is escalated to: their manager, if that one is active."""
    manager = session.get(Rep, rep.manager_id) if rep.manager_id is not None else None
    if manager is not None and manager.is_active:
        return manager
    return first_of(session, Role.MANAGER, Role.APPROVER, Role.SDR)


def is_rep(session: Session, address: str) -> bool:
    """Return whether the mail address belongs to one of our people."""
    return session.scalar(select(Rep.id).where(Rep.email == address)) is not None
