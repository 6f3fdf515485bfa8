"""An owner hears what a lead does after sales took it over: at once, or once a day (B6)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from baton.domain.best_time import DAYS
from baton.domain.hand_off import EffectKind
from baton.engine.mailing import Mail, mail_intent
from baton.engine.people import rep_variables
from baton.errors import PermanentError
from baton.rulebook.active import agreement_of
from baton.rulebook.agreement import LaterActivity
from baton.runtime import Runtime
from baton.store.effects import Intent, intend
from baton.store.later_activity import How, Untold, last_daily, mark_told, untold
from baton.store.tables import HandOff, Rep

logger = logging.getLogger(__name__)


def tell_owners(runtime: Runtime) -> int:
    """Write the mails that are due about leads of AEs; return how many.

    What the agreement wants told at once goes by one mail a lead; what it wants told daily waits
    for the owner's next working day, and all of it goes in one mail.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        found = untold(session)
        if not found:
            return 0
        groups: dict[tuple[How, int, int], list[Untold]] = defaultdict(list)
        for one in found:
            how = _how(session, one)
            groups[how, one.owner_id, one.lead_id if how == "at_once" else 0].append(one)
        told = 0
        for (how, owner_id, _), touches in groups.items():
            if how == "none":
                mark_told(session, (t.touch_id for t in touches), to=None, how=how, at=now)
                continue
            owner = session.get_one(Rep, owner_id)
            due = _due(session, owner, touches, now) if how == "daily" else touches
            told += bool(due) and _tell(runtime, session, owner, due, how)
    return told


def _agreed(session: Session, one: Untold) -> LaterActivity:
    return agreement_of(session, one.agreement_id).later_activity or LaterActivity()


def _how(session: Session, one: Untold) -> How:
    agreed = _agreed(session, one)
    if one.is_ours and one.kind in agreed.at_once:
        return "at_once"
    return "daily" if one.is_ours and one.kind in agreed.daily else "none"


def _due(session: Session, owner: Rep, touches: Sequence[Untold], now: datetime) -> list[Untold]:
    """Return what belongs into the mail of today: of before its hour, if it has not gone out."""
    hour = time.fromisoformat(_agreed(session, touches[-1]).daily_at)
    opened = _last_opening(owner, hour, now)
    last = last_daily(session, owner.id)
    if opened is None or (last is not None and last >= opened):
        return []
    return [one for one in touches if one.at < opened]


def _last_opening(owner: Rep, hour: time, now: datetime) -> datetime | None:
    """Return that hour of the owner's last working day; None if they never work."""
    there = ZoneInfo(owner.time_zone)
    today = now.astimezone(there).date()
    for back in range(len(DAYS) + 1):
        on = today - timedelta(days=back)
        at = datetime.combine(on, hour, tzinfo=there)
        if at <= now and (DAYS[on.weekday()] in owner.working_hours or not owner.working_hours):
            return at
    return None


def _tell(
    runtime: Runtime, session: Session, owner: Rep, touches: Sequence[Untold], how: How
) -> bool:
    """Intend the mail; return False if it cannot be written, so that other owners get theirs."""
    now = runtime.clock.now()
    try:
        with session.begin_nested():
            intend(session, _mail(runtime, session, owner, touches, how), at=now)
            mark_told(session, (t.touch_id for t in touches), to=owner.id, how=how, at=now)
    except PermanentError as error:
        logger.error("Rep %d could not be told what leads did: %s", owner.id, error)  # noqa: TRY400 (a person's work, no fault)
        return False
    return True


def _mail(
    runtime: Runtime, session: Session, owner: Rep, touches: Sequence[Untold], how: How
) -> Intent:
    newest = touches[-1]
    names = {
        rule.touch: rule.name for rule in agreement_of(session, newest.agreement_id).scoring.warmth
    }
    told = Mail(
        EffectKind.NOTICE,
        f"{how}-{newest.touch_id}",
        "later_activity",
        {
            "ae": rep_variables(owner),
            "leads": len({one.lead_id for one in touches}),
            "first": {"name": newest.lead, "did": names.get(newest.kind, newest.kind)},
            "activities": list(_activities(touches, names)),
        },
        to=[(owner.name, owner.email)],
        stands_alone=how == "daily",
    )
    hand_off = session.get_one(HandOff, newest.hand_off_id)
    return mail_intent(runtime, hand_off, told)


def _activities(touches: Iterable[Untold], names: dict[str, str]) -> Iterable[dict[str, Any]]:
    """Yield each thing that was done, an event for example, with everybody who did it."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for one in touches:
        # A reply's detail is its Message-ID, which says nothing to a person.
        detail = "" if one.detail.startswith("<") else one.detail
        about, _, asked = detail.partition(": ")
        person = {"lead": one.lead, "company": one.company, "asked": asked or None, "at": one.at}
        groups[names.get(one.kind, one.kind.replace("_", " ")), about].append(person)
    for (what, about), people in groups.items():
        yield {"what": what, "about": about or None, "people": people}
