"""How sales follows up the leads that are its own, beside what was agreed (D6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.domain.lead import Place
from baton.errors import RefusedError
from baton.store.tables import GivenUp, Lead


class FollowedUp(BaseModel):
    """A lead of an AE, and what was done to reach it since it is the AE's.

    Attributes:
        since: When it became the AE's (aware UTC).
        attempts: How often somebody of ours tried.
        channels: By what, in alphabetical order.
        first_at: The first attempt, aware UTC; None without any.
        last_at: The last one.
        answered_at: The lead's last reply since then, aware UTC; None if it was silent.
        has_opted_out: True if the lead wishes not to be contacted, by mail or by telephone.
        minimum_attempts: What was agreed when it was handed over, as is what follows.
        minimum_channels: By how many channels.
        over_days: How many days lie between the first attempt and the last, at least.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lead_id: int
    owner_id: int
    owner_name: str
    owner_email: str
    team: str | None
    since: datetime
    attempts: int
    channels: tuple[str, ...]
    first_at: datetime | None
    last_at: datetime | None
    answered_at: datetime | None
    has_opted_out: bool
    minimum_attempts: int
    minimum_channels: int
    over_days: int

    @property
    def days(self) -> float:
        """How many days lie between the first attempt and the last; 0 without two."""
        if self.first_at is None or self.last_at is None:
            return 0.0
        return (self.last_at - self.first_at) / timedelta(days=1)

    @property
    def is_owed(self) -> bool:
        """True while somebody has to try again: too little was done, and the lead was silent."""
        return bool(self.missing) and self.answered_at is None and not self.has_opted_out

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing before the lead may be given up, in words; empty if nothing is."""
        found = []
        if self.attempts < self.minimum_attempts:
            found.append(f"{self.attempts} of {self.minimum_attempts} attempts")
        if self.days < self.over_days:
            found.append(f"{int(self.days)} of {self.over_days} days")
        if len(self.channels) < self.minimum_channels:
            found.append(f"{len(self.channels)} of {self.minimum_channels} channels")
        return tuple(found)


_FOLLOWED_UP = text("""
    select l.id as lead_id, r.id as owner_id, r.name as owner_name, r.email as owner_email, r.team,
        h.since, a.attempts, a.channels, a.first_at, a.last_at, t.answered_at,
        exists (select 1 from opt_out o where o.address in (l.email, l.phone_e164))
            as has_opted_out,
        (f.guidelines ->> 'minimum_attempts')::bigint as minimum_attempts,
        coalesce((f.guidelines ->> 'minimum_channels')::bigint, 1) as minimum_channels,
        (f.guidelines ->> 'over_days')::bigint as over_days
    from lead l
    join rep r on r.id = l.owner_id
    cross join lateral (
        select closed_at as since, agreement_id from hand_off
        where lead_id = l.id and state = 'transferred' order by closed_at desc limit 1) h
    join agreement_version v on v.id = h.agreement_id
    cross join lateral (select v.content -> 'follow_up' as guidelines) f
    cross join lateral (
        select count(*) as attempts, min(at) as first_at, max(at) as last_at,
            coalesce(array_agg(distinct channel order by channel), '{}') as channels
        from attempt where lead_id = l.id and at >= h.since) a
    cross join lateral (
        select max(at) as answered_at from touch
        where lead_id = l.id and kind = 'reply' and at >= h.since) t
    where l.id in (select lead_id from lead_place where place = 'with_ae')
      and (cast(:lead_id as bigint) is null or l.id = :lead_id)
    order by r.name, h.since, l.id
""")


def followed_up(session: Session, lead_id: int | None = None) -> list[FollowedUp]:
    """Return the leads that are with an AE, by owner and age; or that one lead, if it is."""
    rows = session.execute(_FOLLOWED_UP, {"lead_id": lead_id}).mappings()
    return [FollowedUp.model_validate(dict(row)) for row in rows]


def record_given_up(
    session: Session, lead: Lead, *, by_id: int, reason: str, at: datetime
) -> FollowedUp:
    """Record who gave the lead up; the lead itself is moved by the caller.

    Args:
        session: Its transaction.
        lead: Locked.
        by_id: The rep who gives it up.
        reason: Empty where it was tried as agreed; else the manager's reason.
        at: Aware UTC.

    Raises:
        RefusedError: It is not with an AE, it answered, or it was not tried enough and there is no
            reason.
    """
    found = followed_up(session, lead.id)
    if lead.place != Place.WITH_AE or not found:
        raise RefusedError(
            f"Lead {lead.id} is not an AE's (it is {lead.place}); only an AE's lead is given up."
        )
    (standing,) = found
    if standing.answered_at is not None and not reason:
        raise RefusedError(
            f"Lead {lead.id} answered on {standing.answered_at:%Y-%m-%d}: it was reached. A "
            "manager may give it up with a reason."
        )
    if standing.missing and not reason:
        raise RefusedError(
            f"Lead {lead.id} was not tried enough: {', '.join(standing.missing)}. Silence is not "
            "a no; log what was done ('baton attempt'), go on, or have a manager give a reason."
        )
    session.add(
        GivenUp(
            lead_id=lead.id,
            by_id=by_id,
            at=at,
            attempts=standing.attempts,
            channels=len(standing.channels),
            days=standing.days,
            minimum_attempts=standing.minimum_attempts,
            minimum_channels=standing.minimum_channels,
            over_days=standing.over_days,
            reason=reason,
        )
    )
    session.flush()
    return standing
