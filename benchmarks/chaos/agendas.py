"""The AEs' calendars, kept as a program would by the invites that came (I7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from benchmarks.chaos.evidence import Evidence, Violation
from benchmarks.chaos.records import Invite, Mail

REQUEST, CANCEL = "REQUEST", "CANCEL"
OURS = "@seller.example"


@dataclass(slots=True)
class _Entry:
    """An appointment in somebody's calendar."""

    invite: Invite
    is_called_off: bool = False
    is_declined: bool = False
    by: datetime | None = None


def double_bookings(evidence: Evidence) -> Iterator[Violation]:
    """Keep each AE's calendar as a program would, and look for meetings at the same time."""
    for ae in sorted(evidence.aes):
        entries = _calendar(ae, evidence)
        held = sorted(
            (e.invite for e in entries if not e.is_called_off and not e.is_declined),
            key=lambda invite: invite.starts_at,
        )
        for one, other in pairwise(held):
            if other.starts_at < one.ends_at:
                yield Violation(
                    "I7", ae, f"is in two meetings at {other.starts_at:%a %d %b %H:%M} UTC"
                )


def _calendar(ae: str, evidence: Evidence) -> list[_Entry]:
    """Return what the AE's calendar held when each meeting began, and what was moved after that."""
    standing: dict[str, _Entry] = {}
    past: list[_Entry] = []
    mails = (mail for mail in evidence.mails if ae in mail.recipients and mail.invite)
    for mail in mails:
        assert mail.invite is not None
        invite, before = mail.invite, standing.get(mail.invite.uid)
        if before is not None and invite.sequence <= before.invite.sequence:
            continue
        if before is not None and before.invite.starts_at <= mail.at:
            # It took place, whatever is said of it now.
            past.append(standing.pop(invite.uid))
            before = None
        if invite.method == CANCEL:
            if before is not None:
                before.is_called_off = True
        else:
            standing[invite.uid] = _Entry(invite)
    for saying in evidence.sayings:
        entry = standing.get(f"{saying.hand_off}@baton")
        if saying.who != ae or entry is None or saying.what not in ("accepted", "declined"):
            continue
        if saying.detail["sequence"] == entry.invite.sequence:
            entry.is_declined = saying.what == "declined"
    return [*past, *standing.values()]


def inside(mail: Mail) -> list[str]:
    """Return who of its recipients is one of our own people."""
    return [address for address in mail.recipients if address.endswith(OURS)]


def left_behind(mails: Sequence[Mail]) -> Iterator[Violation]:
    """Look for AEs who were not taken out of a meeting that another AE has since.

    Args:
        mails: Those of one hand-off, in order.
    """
    asked = [m for m in mails if m.invite is not None and m.invite.method == REQUEST]
    off = [m for m in mails if m.invite is not None and m.invite.method == CANCEL]
    for before, after in pairwise(asked):
        assert before.invite is not None
        if after.at >= before.invite.starts_at:
            continue
        for ae in set(inside(before)) - set(inside(after)):
            if not any(ae in mail.recipients and mail.tick > before.tick for mail in off):
                yield Violation("I7", ae, "stands in a meeting that another AE has")
