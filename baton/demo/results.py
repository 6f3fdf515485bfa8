"""What came of every lead, counted so that the sum shows that none is missing.

    imported = quarantined + not_qualified + transferred + returned + closed + open

Each lead is in exactly one of them: quarantined with a reason; `transferred`, owned by an AE;
`returned`, in nurture after a meeting with the AE's feedback; `closed` for good (opted out, a
duplicate); `open` in a hand-off; and `not_qualified` is everybody else in nurture or waiting,
who never met the AE: below the score, a criterion unmet, refused by the approver, no answer.
`handed_off` counts the leads whose newest hand-off reached the introduction, wherever they ended;
it overlaps with the others and is no part of the sum.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from baton.domain.hand_off import HandOffState
from baton.domain.lead import Place
from baton.errors import BatonError
from baton.runtime import Runtime
from baton.store.ends import LeadEnd, lead_ends, quarantine_reasons
from baton.store.health import Counts, where_leads_are

TRANSFERRED = "transferred"
RETURNED = "returned"
NOT_QUALIFIED = "not_qualified"
CLOSED = "closed"
OPEN = "open"
QUARANTINED = "quarantined"
IN_ORDER = (TRANSFERRED, RETURNED, NOT_QUALIFIED, CLOSED, OPEN, QUARANTINED)


@dataclass(frozen=True)
class Results:
    """The counts, and the reasons behind them.

    Attributes:
        imported: Everything taken in.
        handed_off: Leads that were introduced to an AE.
        counts: Result to leads; the values add up to `imported`.
        reasons: Result and reason to leads.
        ends: Every lead.
    """

    imported: int
    handed_off: int
    counts: dict[str, int]
    reasons: dict[tuple[str, str], int]
    ends: tuple[LeadEnd, ...]


def result_of(end: LeadEnd) -> str:
    """Return which result a lead counts as."""
    by_place = {
        Place.WITH_AE: TRANSFERRED,
        Place.HAND_OFF: OPEN,
        Place.CLOSED: CLOSED,
        Place.QUARANTINED: QUARANTINED,
    }
    found = by_place.get(Place(end.place))
    if found is not None:
        return found
    return RETURNED if end.state == HandOffState.RETURNED else NOT_QUALIFIED


def count_results(runtime: Runtime) -> Results:
    """Count where every lead is.

    Raises:
        BatonError: The leads do not add up to what was taken in (I5).
    """
    with runtime.transaction() as session:
        places = where_leads_are(session)
        ends = tuple(lead_ends(session))
        refused = quarantine_reasons(session)
    counts = _counts(ends, places)
    _require_sum(counts, places)
    reasons = Counter(
        (result_of(end), _main_reason(end.reason)) for end in ends if result_of(end) != QUARANTINED
    )
    for field, reason, number in refused:
        reasons[QUARANTINED, f"{field}: {reason}"] += number
    return Results(
        imported=places.imported,
        handed_off=sum(end.was_introduced for end in ends),
        counts=counts,
        reasons=dict(reasons),
        ends=ends,
    )


def _counts(ends: Iterable[LeadEnd], places: Counts) -> dict[str, int]:
    found = Counter(result_of(end) for end in ends)
    counts = {result: found[result] for result in IN_ORDER}
    # Rows that never became a lead are in quarantine too.
    counts[QUARANTINED] += places.quarantined_rows
    return counts


def _require_sum(counts: dict[str, int], places: Counts) -> None:
    total = sum(counts.values())
    if places.difference or total != places.imported:
        found = ", ".join(f"{name} {number}" for name, number in counts.items())
        raise BatonError(
            f"Leads are missing: {places.imported} were taken in, but {total} are somewhere "
            f"({found}). Run 'baton doctor' on the demo's home to see which."
        )


def _main_reason(reason: str | None) -> str:
    """Return the first reason, without what differs from lead to lead."""
    first = (reason or "not judged yet").partition(";")[0]
    if first.startswith("score "):
        return "score below the agreed one"
    return re.sub(r"\blead \d+", "another lead", first)
