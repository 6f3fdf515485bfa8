"""The calendar that a rep's row names: opened, read, and left alone for a while if it fails."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from baton.adapters.calendar.calendars import Calendar
from baton.adapters.calendar.opening import (
    GoogleKey,
    MicrosoftApp,
    Passwords,
    open_calendar,
)
from baton.adapters.calendar.slots import Span
from baton.errors import CalendarUnavailableError, InputError, SettingsError
from baton.runtime import Runtime
from baton.settings import Settings
from baton.store.neighbours import answered, calendar_neighbour, did_not_answer, may_be_called
from baton.store.reps import reps
from baton.store.tables import Rep

AT_ONCE = 8
Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Whose:
    """A rep and the calendar that their row names; the address may be a secret."""

    email: str
    time_zone: str
    address: str | None

    @classmethod
    def of(cls, rep: Rep) -> Whose:
        """Return what is needed to read this rep's calendar."""
        return cls(rep.email, rep.time_zone, rep.calendar)


def calendar_of(runtime: Runtime, whose: Whose) -> Calendar:
    """Return the rep's calendar; nothing is asked before it is read.

    Raises:
        CalendarUnavailableError: Its address or its password cannot be used.
    """
    settings = runtime.settings
    usual, by_place = settings.calendar_password, settings.calendar_passwords
    passwords = Passwords(
        usual.get_secret_value() if usual else None,
        {place: secret.get_secret_value() for place, secret in by_place.items()},
    )
    key = settings.google_key
    try:
        return open_calendar(
            whose.address,
            email=whose.email,
            time_zone=whose.time_zone,
            passwords=passwords,
            google=None if key is None else GoogleKey(key, settings.google_api),
            microsoft=_microsoft_app(settings),
        )
    except (InputError, SettingsError) as error:
        said = f"The calendar of {whose.email} cannot be opened: {error}"
        raise CalendarUnavailableError(said) from error


def _microsoft_app(settings: Settings) -> MicrosoftApp | None:
    tenant, client = settings.microsoft_tenant, settings.microsoft_client
    secret = settings.microsoft_secret
    if tenant is None or client is None or secret is None:
        return None
    return MicrosoftApp(
        tenant,
        client,
        secret.get_secret_value(),
        settings.microsoft_api,
        settings.microsoft_login,
    )


def busy_in(runtime: Runtime, whose: Whose, since: datetime, until: datetime) -> list[Span]:
    """Return when the rep's calendar says that they are busy, in order, aware UTC.

    Never call it inside a transaction. A calendar that failed some times in a row is left alone
    for a while, by every process.

    Raises:
        CalendarUnavailableError: It cannot be read, or is left alone.
    """
    if whose.address is None:
        return []
    return counted(runtime, whose, lambda: calendar_of(runtime, whose).busy(since, until))


def counted(runtime: Runtime, whose: Whose, read: Callable[[], Said]) -> Said:
    """Return what `read` returns of the calendar, and keep whether it could be read.

    Raises:
        CalendarUnavailableError: It could not, or it is left alone.
    """
    name = calendar_neighbour(whose.email)
    with runtime.transaction() as session:
        may = may_be_called(session, name)
    if not may:
        raise CalendarUnavailableError(
            f"The {name} could not be read several times and is left alone for now; "
            "'baton doctor' says since when and why. Baton tries again by itself."
        )
    try:
        said = read()
    except CalendarUnavailableError as error:
        with runtime.transaction() as session:
            did_not_answer(session, name, str(error))
        raise
    with runtime.transaction() as session:
        answered(session, name)
    return said


def read_all(runtime: Runtime) -> tuple[int, list[str]]:
    """Read the calendar of every active rep who has one, some at once, whatever failed before.

    Returns:
        How many there are, and what is wrong with each that cannot be read.
    """
    now = runtime.clock.now()

    def trouble_with(whose: Whose) -> str | None:
        try:
            calendar_of(runtime, whose).busy(now, now + timedelta(days=30))
        except CalendarUnavailableError as error:
            return str(error)
        return None

    with runtime.transaction() as session:
        everybody = [Whose.of(rep) for rep in reps(session)]
    having = [whose for whose in everybody if whose.address is not None]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        troubles = list(pool.map(trouble_with, having))
    return len(having), [said for said in troubles if said is not None]
