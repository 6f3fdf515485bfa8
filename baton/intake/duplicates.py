"""Finds leads that are one person: the sure ones are merged, the others are shown (B1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from baton.domain.lead import Place
from baton.intake.likeness import Alike
from baton.intake.people_alike import Person, compare_people
from baton.store import enrichment as store
from baton.store.enrichment import Known
from baton.store.merging import ToMerge, lock_for_merge, merge_leads
from baton.store.suspects import suspect, told_apart

BY: Final = "enrich"


@dataclass(slots=True)
class Duplicates:
    """What was found among some leads.

    Attributes:
        older: The older lead that each is the same person as, with the reasons.
        returned: The closed lead that each is the same person as: it came back.
        suspected: Pairs (younger, older, reasons) for somebody to look at.
    """

    older: dict[int, ToMerge] = field(default_factory=dict)
    returned: list[ToMerge] = field(default_factory=list)
    suspected: list[tuple[int, int, tuple[str, ...]]] = field(default_factory=list)


def find_duplicates(
    session: Session, lead_ids: Sequence[int], before: Mapping[int, int]
) -> Duplicates:
    """Return which of the leads are surely, or perhaps, the same person as older ones.

    Args:
        session: Only read from.
        lead_ids: Whom.
        before: The older lead for each duplicate that was found before.
    """
    pairs = store.possible_duplicates(session, lead_ids)
    known = store.known_leads(session, {each for pair in pairs for each in pair})
    apart = told_apart(session, lead_ids)
    found = Duplicates()
    for lead_id, older_id in pairs:
        if (lead_id, older_id) not in apart and lead_id not in found.older:
            _compare(found, (lead_id, older_id), known, before)
    return found


def _compare(
    found: Duplicates, pair: tuple[int, int], known: Mapping[int, Known], before: Mapping[int, int]
) -> None:
    lead_id, older_id = pair
    older = known[older_id]
    likeness = compare_people(_person(known[lead_id]), _person(older))
    if likeness.alike is Alike.DIFFERENT:
        return
    if likeness.alike is Alike.UNSURE:
        found.suspected.append((lead_id, older_id, likeness.reasons))
    elif older.place == Place.QUARANTINED:
        reasons = (*likeness.reasons, "but the older one is in quarantine")
        found.suspected.append((lead_id, older_id, reasons))
    elif older.place == Place.CLOSED and not older.has_opted_out:
        # Who comes back is no duplicate: the new lead goes on, with the old one's history.
        found.returned.append(ToMerge(older_id, lead_id, likeness.reasons))
    else:
        root = found.older[older_id].keep_id if older_id in found.older else older_id
        root = before.get(root, root)
        found.older[lead_id] = ToMerge(lead_id, root, likeness.reasons)


def _person(lead: Known) -> Person:
    return Person(
        given_name=lead.given_name,
        family_name=lead.family_name,
        email=lead.email,
        phone=lead.phone_e164,
        company=lead.company,
        domain=lead.domain,
        title=lead.title,
        country=lead.country,
    )


def merge_found(session: Session, found: Duplicates, *, at: datetime) -> list[int]:
    """Merge what is sure and can be merged now, keep the rest to be shown.

    Who is in a hand-off or further is left to whoever has them. A lead that somebody else is
    changing is left to the next time.

    Returns:
        The leads that are closed as duplicates of older ones.
    """
    if found.suspected:
        suspect(session, found.suspected, at=at)
    wanted = [*found.older.values(), *_of_who_stays(found)]
    ids = {each for one in wanted for each in (one.drop_id, one.keep_id)}
    places = lock_for_merge(session, ids, waits=False) if ids else {}
    merges = [one for one in wanted if _may_merge(one, places, found)]
    return [id_ for id_ in merge_leads(session, merges, by=BY, at=at) if id_ in found.older]


def _of_who_stays(found: Duplicates) -> list[ToMerge]:
    """Return whom those take with them who came back, once each, if they are no duplicates."""
    first = {one.drop_id: one for one in reversed(found.returned)}
    return [one for one in first.values() if one.keep_id not in found.older]


def _may_merge(one: ToMerge, places: Mapping[int, str], found: Duplicates) -> bool:
    if one.keep_id not in places or one.drop_id not in places or one.keep_id in found.older:
        return False
    if one.drop_id in found.older:
        return places[one.drop_id] == Place.WAITING
    return places[one.drop_id] == Place.CLOSED and places[one.keep_id] != Place.CLOSED


def merge_ended(session: Session, one: ToMerge, *, at: datetime) -> None:
    """Merge a lead whose hand-off has just ended because it is a duplicate."""
    places = lock_for_merge(session, [one.drop_id, one.keep_id])
    if places.keys() >= {one.drop_id, one.keep_id}:
        merge_leads(session, [one], by=BY, at=at)
