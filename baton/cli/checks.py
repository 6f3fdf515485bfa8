"""What `baton doctor` looks at, one function each; a check is a value, never an exception."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from baton.cli.neighbours import mailbox_answers, prefect_version, signing, smtp_greeting
from baton.domain.hand_off import HandOffState, Neighbour
from baton.domain.rep import Role
from baton.engine.preflight import check_rules
from baton.engine.rep_calendars import read_all
from baton.engine.runs import api_url
from baton.errors import (
    BatonError,
    CalendarUnavailableError,
    EngineUnavailableError,
    NeighbourPausedError,
    RefusedError,
)
from baton.rulebook.active import active_agreement, agreement_of
from baton.rulebook.reps_on_data import rep_doubts_on_data
from baton.runtime import Runtime
from baton.settings import Settings
from baton.store.agreements import active_id
from baton.store.health import Counts, Fault, all_faults, where_leads_are
from baton.store.looks import count_looks
from baton.store.neighbours import Failing, failing_neighbours
from baton.store.probing import active_reps, database_version
from baton.store.views import list_hand_offs


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What it is.
        ok: False when somebody must act.
        says: What was found.
    """

    name: str
    ok: bool
    says: str


def check(name: str, look: Callable[[], str]) -> Check:
    """Return the result of looking; an error of ours is a fault with its remedy in its words."""
    try:
        return Check(name, True, look())
    except BatonError as error:
        return Check(name, False, str(error))


def check_rules_folder(settings: Settings) -> Check:
    """Check agreement, texts and gates of the rules folder."""
    return check("rules", lambda: f"{check_rules(settings).agreement.title}: can be used")


def check_house(runtime: Runtime) -> list[Check]:
    """Check everything that needs the database."""
    return [
        check("database", lambda: f"PostgreSQL {database_version(runtime.database)}"),
        check("agreement", lambda: _agreement(runtime)),
        check("reps", lambda: _reps(runtime)),
        check("prefect", lambda: _prefect(runtime)),
        check("smtp", lambda: smtp_greeting(runtime.settings)),
        check("dkim", lambda: signing(runtime.settings)),
        check("mailbox", lambda: mailbox_answers(runtime.mailbox)),
        check("inbox", lambda: _inbox(runtime)),
        check("calendars", lambda: _calendars(runtime)),
        check("neighbours", lambda: _neighbours(runtime)),
    ]


def check_leads(runtime: Runtime) -> tuple[list[Check], Counts, list[Fault]]:
    """Count I5 and look for what is stuck."""
    with runtime.transaction() as session:
        counts = where_leads_are(session)
        faults = all_faults(session, runtime.clock.now())
    accounted = Check(
        "leads",
        counts.difference == 0,
        f"{counts.imported} taken in, all accounted for"
        if counts.difference == 0
        else f"{counts.imported} taken in, {counts.difference} are nowhere; restore a backup or "
        "report this, it must not happen",
    )
    slipped = Check(
        "nothing slips",
        not faults,
        "every open hand-off has its next step"
        if not faults
        else f"{len(faults)} to look at: "
        + ", ".join(f"{sum(f.kind == k for f in faults)} {k}" for k in _kinds(faults))
        + "; see the table of faults",
    )
    return [accounted, slipped], counts, faults


def _kinds(faults: list[Fault]) -> list[str]:
    return list(dict.fromkeys(fault.kind for fault in faults))


def _agreement(runtime: Runtime) -> str:
    with runtime.transaction() as session:
        number, agreement = active_agreement(session)
    return f"version {number} ({agreement.title}) is signed by both teams and active"


def _reps(runtime: Runtime) -> str:
    with runtime.transaction() as session:
        counts = active_reps(session)
    missing = [role.value for role in (Role.SDR, Role.AE) if not counts.get(role)]
    if missing:
        raise RefusedError(
            f"No active rep is {' or '.join(missing)}; import them with 'baton import --reps FILE'."
        )
    there = ", ".join(f"{count} {role}" for role, count in sorted(counts.items()))
    doubts = _doubts_about_reps(runtime)
    return there + (f"; 'baton agreement check' has {doubts} doubts about them" if doubts else "")


def _doubts_about_reps(runtime: Runtime) -> int:
    with runtime.transaction() as session:
        number = active_id(session)
        if number is None:
            return 0
        agreement, now = agreement_of(session, number), runtime.clock.now()
        return sum(1 for _ in rep_doubts_on_data(session, agreement, as_of=now))


def _calendars(runtime: Runtime) -> str:
    many, troubles = read_all(runtime)
    if troubles:
        raise CalendarUnavailableError(
            f"{len(troubles)} of {many} cannot be read, and nobody is booked with their reps: "
            + " ".join(troubles)
        )
    return f"{many} can be read" if many else "no rep has one; working hours are all that is known"


def _inbox(runtime: Runtime) -> str:
    with runtime.transaction() as session:
        waiting = count_looks(session)
    if not waiting:
        return "no message needs a look"
    return f"messages that need a look: {waiting}; 'baton inbox list' shows them"


def _neighbours(runtime: Runtime) -> str:
    """Say what the effects themselves met with; a mail server may greet and then time out."""
    with runtime.transaction() as session:
        failing = failing_neighbours(session)
    says = " ".join(_failing(one) for one in failing)
    if any(one.tries_again_at for one in failing):
        raise NeighbourPausedError(says)
    return says or "mail server and CRM answer the effects"


def _failing(one: Failing) -> str:
    next_trial = (
        "calls go on"
        if one.tries_again_at is None
        else f"left alone until {one.tries_again_at:%Y-%m-%d %H:%M:%S} UTC, then tried by one"
    )
    shows = "effects list" if one.name in set(Neighbour) else "status"
    return (
        f"{one.name}: {one.failures} failures in a row since {one.since:%Y-%m-%d %H:%M:%S} "
        f"UTC, {next_trial}. Nothing is lost: 'baton {shows}' shows what waits. The last: "
        f"{one.error}"
    )


def _prefect(runtime: Runtime) -> str:
    """An embedded server that is down is a fault only when something waits for it."""
    try:
        return f"version {prefect_version(api_url(runtime.settings))} answers"
    except EngineUnavailableError:
        with runtime.transaction() as session:
            is_needed = bool(list_hand_offs(session, state=HandOffState.OPEN, limit=1))
        if runtime.settings.prefect_api_url is None and not is_needed:
            return "not running, and nothing waits for it; 'baton up' starts it"
        raise
