"""The rows that the quality gates judge: one query, one flat row for each lead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from baton.domain.gate_row import GATE_COLUMNS
from baton.domain.hand_off import HandOffState
from baton.store.tables import Account, HandOff, Judgement, Lead, Rep, Touch


def gate_rows(session: Session, lead_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return a row of `baton.domain.gate_row.GATE_COLUMNS` for each lead, by lead id.

    Args:
        session: Any session; only read from.
        lead_ids: Any number, in any order; an id that no lead has gives no row.
    """
    rows = session.execute(_query(), {"lead_ids": list(lead_ids)}).mappings()
    return [{name: row[name] for name in GATE_COLUMNS} for row in rows]


def _query() -> Select[*tuple[Any, ...]]:
    ae, sdr = aliased(Rep), aliased(Rep)
    touches = (
        select(func.count().label("touches"), func.max(Touch.at).label("last_touch_at"))
        .where(Touch.lead_id == Lead.id)
        .lateral()
    )
    decision = (
        select(((Judgement.fit_tenths + Judgement.warmth_tenths) / 10.0).label("total_points"))
        .where(Judgement.lead_id == Lead.id)
        .order_by(Judgement.judging_id.desc())
        .limit(1)
        .lateral()
    )
    is_wanted = Lead.id == func.any(bindparam("lead_ids", type_=ARRAY(BigInteger)))
    return (
        select(
            Lead.id.label("lead_id"),
            Lead.email,
            Lead.phone_e164,
            Lead.given_name,
            Lead.family_name,
            func.coalesce(Lead.company, Account.name).label("company"),
            func.coalesce(Lead.domain, Account.domain).label("domain"),
            func.coalesce(Lead.country, Account.country).label("country"),
            Lead.time_zone,
            Lead.seniority,
            Lead.title,
            Account.employees,
            Lead.status,
            Lead.place,
            Lead.owner_id,
            touches.c.touches,
            touches.c.last_touch_at,
            decision.c.total_points,
            ae.email.label("ae_email"),
            sdr.email.label("sdr_email"),
            Lead.time_zone.is_not(None).label("lead_has_zone"),
        )
        .outerjoin(Account, Account.id == Lead.account_id)
        .outerjoin(
            HandOff, (HandOff.lead_id == Lead.id) & (HandOff.state == HandOffState.OPEN.value)
        )
        .outerjoin(ae, ae.id == HandOff.ae_id)
        .outerjoin(sdr, sdr.id == HandOff.sdr_id)
        .join(touches, true())
        .outerjoin(decision, true())
        .where(is_wanted)
        .order_by(Lead.id)
    )
