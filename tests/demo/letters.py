"""Mails as Baton sends them, for the simulated people to read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from baton.adapters.calendar.invites import build_request
from baton.adapters.calendar.port import Attendee, Invitation
from baton.messages.composing import Letter, compose, message_id
from baton.messages.rendering import Rendered

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
OWN = "handoffs@baton.example"
HAND_OFF = "7c1e2f00-0000-4000-8000-000000000001"
TRACKING = f"handoffs+{HAND_OFF}@baton.example"
LEAD = ("Jana Novak", "jana@alder.example")
AE = ("Ana Ortiz", "ana@seller.example")
SDR = ("Sam Reed", "sam@seller.example")


def introduction(lead: tuple[str, str] = LEAD) -> bytes:
    return _compose("introduction", to=(lead,), cc=(AE,))


def notice(to: tuple[str, str], kind: str = "notice") -> bytes:
    return _compose(kind, to=(to,), is_notice=True)


def invite(lead: tuple[str, str] = LEAD, sequence: int = 0) -> bytes:
    starts_at = NOW + timedelta(days=1)
    ae = Attendee(AE[1], AE[0], "ae")
    invitation = Invitation(
        uid=f"{HAND_OFF}@baton",
        sequence=sequence,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        time_zone="Europe/Berlin",
        summary="A talk",
        description="Introduced by Sam Reed.",
        location="Video",
        organizer=ae,
        attendees=(ae, Attendee(lead[1], lead[0], "lead")),
        stamped_at=NOW,
        reply_to=TRACKING,
    )
    return _compose(
        f"invite-{sequence}", to=(lead, AE), calendar=build_request(invitation), method="REQUEST"
    )


def _compose(
    kind: str,
    *,
    to: tuple[tuple[str, str], ...],
    cc: tuple[tuple[str, str], ...] = (),
    is_notice: bool = False,
    calendar: bytes | None = None,
    method: str | None = None,
) -> bytes:
    key = f"{HAND_OFF}:{kind}:1"
    letter = Letter(
        message_id=message_id(f"{key}{to}", "baton.example"),
        from_name=SDR[0],
        from_email=SDR[1],
        sender=OWN,
        to=to,
        cc=cc,
        reply_to=(SDR[1], TRACKING),
        sent_at=NOW,
        headers={"X-Baton-Hand-Off": HAND_OFF, "X-Baton-Effect": key},
        calendar=calendar,
        calendar_method=method,
        is_notice=is_notice,
    )
    return compose(letter, Rendered(f"About {kind}", "Hello.\n", "<p>Hello.</p>"))
