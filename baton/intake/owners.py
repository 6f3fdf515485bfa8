"""Which SDR owns a lead that comes in."""

from __future__ import annotations

from sqlalchemy.orm import Session

from baton.domain.rep import Role
from baton.store.reps import reps


class Owners:
    """The active SDRs, who own leads until sales does."""

    def __init__(self, session: Session) -> None:
        sdrs = reps(session, Role.SDR)
        self._ids = [sdr.id for sdr in sdrs]
        self._by_name = {name.casefold(): sdr.id for sdr in sdrs for name in (sdr.email, sdr.name)}

    def named(self, owner: str | None) -> int | None:
        """Return the SDR with this address or name, or None."""
        return self._by_name.get((owner or "").strip().casefold())

    def in_turn(self, intake_id: int) -> int | None:
        """Return the SDR whose turn it is by the intake's id, or None if there are none."""
        return self._ids[intake_id % len(self._ids)] if self._ids else None
