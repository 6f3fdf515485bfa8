"""Every error that Baton raises, in one place.

Two kinds decide what happens next: a `TransientError` is worth retrying, a `PermanentError` needs
a person. Each message says what happened, to what, and what to do. Business results (unmet
criteria, a refused gate, an opt-out) are values, never exceptions.
"""

from __future__ import annotations


class BatonError(Exception):
    """Something went wrong; the message says what, to what, and what to do.

    Attributes:
        exit_code: What the command line returns for this kind of error.
    """

    exit_code = 1


class TransientError(BatonError):
    """Waiting can fix it: a neighbour is down, slow or busy. It is retried."""

    exit_code = 75


class PermanentError(BatonError):
    """Waiting cannot fix it: a person must act."""

    exit_code = 70


class SettingsError(PermanentError):
    """A setting is missing or wrong."""

    exit_code = 78


class RulesError(PermanentError):
    """A file in the rules folder is missing or wrong; the message names file, line and remedy."""

    exit_code = 65


class PredicateError(RulesError):
    """A condition in the agreement cannot be used.

    Attributes:
        start: Where in the condition's text the offending part begins, counted from 0.
        end: Where it ends, exclusive.
    """

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start = start
        self.end = end


class InputError(PermanentError):
    """A file or a value that a person gave cannot be used."""

    exit_code = 64


class NoWorkingTimeError(InputError):
    """A calendar has not the working minutes that a promise counts; look at hours and absences."""


class LinkError(InputError):
    """A link was not signed here, or was altered on its way; nothing was changed."""


class LinkExpiredError(LinkError):
    """A link is older than links live; nothing was changed."""


class NotFoundError(PermanentError):
    """There is no such lead, hand-off, wait or version."""

    exit_code = 66


class RefusedError(PermanentError):
    """The state does not allow it; the message names the state and what would be allowed."""

    exit_code = 69


class NotSignedError(RefusedError):
    """An agreement that both teams have not signed cannot decide (I9)."""


class OptedOutError(RefusedError):
    """The address or number has opted out; nothing may be sent to it (I4)."""


class SlotTakenError(RefusedError):
    """Another meeting took the slot first (I7); ask for another one."""


class DatabaseUnavailableError(TransientError):
    """PostgreSQL cannot be reached."""


class EngineUnavailableError(TransientError):
    """The Prefect server cannot be reached."""


class SegmentCrashedError(TransientError):
    """A segment ended by leaving instead of by an error; the sweep drives its run again."""


class LeaseLostError(TransientError):
    """Another worker runs this hand-off now; this one must stop before its next effect."""


class MailUnavailableError(TransientError):
    """The mail server cannot be reached or answered 4xx."""


class MailDeferredError(MailUnavailableError):
    """The mail server is there and answered 4xx: this message, to this recipient, not now."""


class CalendarUnavailableError(TransientError):
    """A rep's calendar cannot be read: nobody knows when they are free; they are not bookable."""


class CalendarSilentError(CalendarUnavailableError):
    """Its server did not answer, or not in time: the others there need not be asked at once."""


class NeighbourPausedError(TransientError):
    """A neighbour has not answered for some time; it is left alone until its next trial."""


class PaceError(TransientError):
    """More is to be done than was agreed a minute; it is done a little later."""


class MailRefusedError(PermanentError):
    """The mail server answered 5xx: this message to this recipient will never go out."""


class InDoubtError(TransientError):
    """An effect may or may not have happened; its neighbour is asked before it is tried again."""
