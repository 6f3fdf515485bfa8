"""The agreed ways in which a lead goes over to sales (D1-D5)."""

from __future__ import annotations

from enum import StrEnum


class Technique(StrEnum):
    """How a lead goes over; each has its own proof that it did (I1)."""

    APPOINTMENT = "appointment"
    """Both accepted the invite, and the AE answered the introduction."""
    WARM_TRANSFER = "warm_transfer"
    """An AE who is free now reached the lead within minutes."""
    BEST_TIME = "best_time"
    """The AE reached the lead at the time at which it is best reached."""
    SOFT_INTRODUCTION = "soft_introduction"
    """The AE and the lead both answered the introduction."""


NAMES = {
    Technique.APPOINTMENT: "Appointment",
    Technique.WARM_TRANSFER: "Warm transfer",
    Technique.BEST_TIME: "Best-time follow-up",
    Technique.SOFT_INTRODUCTION: "Soft introduction",
}
"""What people call them."""
