"""A CRM that lives in memory and keeps what every CRM promises."""

from __future__ import annotations

import threading
from collections import deque

from baton.domain.crm import CrmView, CrmWrite, view_of, why_not_writable
from baton.errors import BatonError, InputError


class FakeCrm:
    """Satisfies `baton.domain.crm.Crm`; can be told to fail. Safe across threads."""

    def __init__(self) -> None:
        self._writes: dict[str, CrmWrite] = {}
        self._failures: deque[tuple[BatonError, bool]] = deque()
        self._lock = threading.Lock()

    def fail_next(self, error: BatonError, *, after_writing: bool = False) -> None:
        """Make the next write raise `error`; with `after_writing` the write arrives all the same.

        The latter is what a lost answer looks like: the effect is in doubt.
        """
        with self._lock:
            self._failures.append((error, after_writing))

    def write(self, change: CrmWrite) -> None:
        """Make the change true, once.

        Raises:
            InputError: The write can never be taken.
            BatonError: What `fail_next` asked for.
        """
        refusal = why_not_writable(change)
        if refusal is not None:
            raise InputError(f"The CRM cannot take the write {change.external_id}: {refusal}.")
        with self._lock:
            failure = self._failures.popleft() if self._failures else None
            if failure is None or failure[1]:
                self._writes.setdefault(change.external_id, change)
        if failure is not None:
            raise failure[0]

    def has(self, external_id: str) -> bool:
        """Return whether a write with this id arrived."""
        with self._lock:
            return external_id in self._writes

    def view(self, lead_id: int) -> CrmView:
        """Return the lead as this CRM shows it."""
        with self._lock:
            of_lead = [change for change in self._writes.values() if change.lead_id == lead_id]
        # Sorting is stable: of two events at one instant the first written stays first.
        return view_of(lead_id, tuple(sorted(of_lead, key=lambda change: change.at)))
