"""Leads' names, for what is shown to people. Only reads."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.store.tables import Lead
from baton.store.views import lead_name


def lead_names(session: Session, lead_ids: Sequence[int]) -> dict[int, str]:
    """Return the name of each lead by its id, as the pages show it."""
    found = session.scalars(select(Lead).where(Lead.id.in_(lead_ids)))
    return {lead.id: lead_name(lead) for lead in found}
