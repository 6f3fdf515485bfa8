"""What the section `slas` says of the reps: who cannot keep a promise, or has nobody above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from baton.domain.business_time import WorkCalendar, due
from baton.domain.promise import Act
from baton.domain.rep import Role
from baton.errors import NoWorkingTimeError
from baton.rulebook.agreement import Agreement
from baton.rulebook.document import Keys
from baton.rulebook.finding import Finding, some
from baton.rulebook.reps_on_data import calendars_of, who_is_told, without_manager
from baton.rulebook.sla_checks import nights
from baton.rulebook.sla_part import OWN, Sla
from baton.store.reps import reps
from baton.store.tables import Rep


def sla_doubts_on_data(
    session: Session, agreement: Agreement, *, as_of: datetime
) -> Iterator[Finding]:
    """Yield where promises do not go with the reps.

    Args:
        session: Reads; nothing is written.
        agreement: It need not be stored.
        as_of: Now (aware UTC); absences from then on count.
    """
    everybody = reps(session)
    if not agreement.slas or not everybody:
        return
    calendars, _ = calendars_of(session, everybody, as_of=as_of)
    for place, sla in enumerate(agreement.slas):
        keys: Keys = ("slas", place)
        owing = [rep for rep in everybody if rep.role == Role(sla.owed_by.upper())]
        if not owing:
            message = f"there is no active {sla.owed_by.upper()}, so nobody can keep it; import one"
            yield Finding((*keys, "owed_by"), message)
        if sla.calendar == OWN:
            yield from _hours(keys, sla, [r for r in owing if r.id in calendars], calendars, as_of)
        yield from _ladder(keys, sla, owing, everybody)


def _hours(
    keys: Keys,
    sla: Sla,
    owing: Sequence[Rep],
    calendars: Mapping[int, WorkCalendar],
    as_of: datetime,
) -> Iterator[Finding]:
    if sla.minutes == "clock":
        said = nights(sla, [(rep.email, calendars[rep.id]) for rep in owing])
        if said is not None:
            yield Finding((*keys, "within_minutes"), said)
        return
    never = [rep.email for rep in owing if not _can(sla, calendars[rep.id], as_of)]
    if never:
        yield Finding(
            (*keys, "calendar"),
            f"no working hour of {some(never)} can meet it, so clock minutes count for them; "
            "import their working_hours, or look at their absences",
        )


def _can(sla: Sla, calendar: WorkCalendar, as_of: datetime) -> bool:
    try:
        due(as_of, sla.within_minutes, calendar)
    except NoWorkingTimeError:
        return False
    return True


def _ladder(
    keys: Keys, sla: Sla, owing: Sequence[Rep], everybody: Sequence[Rep]
) -> Iterator[Finding]:
    acts = [rung.step for rung in sla.escalate]
    if Act.MANAGER in acts:
        alone = without_manager(owing, everybody)
        if alone:
            yield Finding(
                (*keys, "escalate", acts.index(Act.MANAGER)),
                f"{some(alone)} has no active manager, so {who_is_told(alone, everybody)}; "
                "give manager_email in the reps' file",
            )
    if Act.REASSIGN in acts and len(owing) == 1:
        yield Finding(
            (*keys, "escalate", acts.index(Act.REASSIGN)),
            f"{owing[0].email} is the only AE, so the escalation ends nowhere; add 'manager' "
            "before it",
        )
