"""Leads that are one person: the suspected pairs, merged, told apart."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from baton.desk.access import RuntimeOf
from baton.desk.bodies import DistinctBody, MergeBody, UnmergeBody
from baton.engine import merging
from baton.engine.merging import Merged
from baton.store.suspects import Suspicion

router = APIRouter(prefix="/leads", tags=["leads"])


class Suspected(BaseModel):
    """Pairs that nobody has looked at, the newest first; there may be more than were asked for."""

    pairs: list[Suspicion]


class Apart(BaseModel):
    """Two leads that are two people, by their ids."""

    one: int
    other: int


@router.get("/duplicates")
def duplicates(runtime: RuntimeOf, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Suspected:
    """List leads that may be one person, and why; nobody merges them but a person."""
    return Suspected(pairs=merging.suspected(runtime, limit=limit))


@router.post("/{lead_id}/merge")
def merge(runtime: RuntimeOf, lead_id: int, body: MergeBody) -> Merged:
    """Merge another lead into this one; nothing is lost, and `unmerge` undoes it."""
    return merging.merge(runtime, lead_id, body.drop, by=body.by, reason=body.reason)


@router.post("/{lead_id}/unmerge")
def unmerge(runtime: RuntimeOf, lead_id: int, body: UnmergeBody) -> Merged:
    """Tell this merged lead apart again; it is where it was before, and stays apart."""
    return merging.unmerge(runtime, lead_id, by=body.by, reason=body.reason)


@router.post("/{lead_id}/distinct")
def distinct(runtime: RuntimeOf, lead_id: int, body: DistinctBody) -> Apart:
    """Keep that this lead and another are two people; they are not suspected or merged again."""
    merging.distinct(runtime, lead_id, body.other, by=body.by)
    return Apart(one=lead_id, other=body.other)
