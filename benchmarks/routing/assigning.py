"""How long it takes to give one lead to one of 500 AEs, whatever was given before.

In a process that has begun as a worker does. Machines wander in speed within seconds, so there are
several turns, and the best one counts, as everywhere in these benchmarks; what all of them took
together is told beside it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from statistics import quantiles

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.engine.assigning import assign_ae
from baton.engine.garbage import loaded_objects_kept
from baton.errors import PermanentError
from baton.store.tables import HandOff
from benchmarks.figure import Figure
from benchmarks.plan import FULL_SIZE, Plan
from benchmarks.routing.ground import AES, Prepared
from benchmarks.rulebook.population import AS_OF

LEADS = 500
TURNS = 5
FEWEST = 40
WARM_UP = 5


def figures(plan: Plan, prepared: Prepared) -> Iterator[Figure]:
    """Yield how long assignments take, each in a transaction of its own with all it stores."""
    count = max(FEWEST, int(LEADS * min(1.0, plan.leads / FULL_SIZE)))
    hand_offs = _new(prepared, count + WARM_UP)
    doing = plan.doing(f"{count} leads are given to {AES} AEs, one after the other")
    with doing, loaded_objects_kept():
        took = [_assign(prepared, one) for one in hand_offs][WARM_UP:]
    milliseconds = [1000 * seconds for seconds, _ in took]
    a_turn = count // TURNS
    turns = [milliseconds[turn * a_turn :][:a_turn] for turn in range(TURNS)]
    given = sum(is_given for _, is_given in took)
    if not given:
        raise PermanentError("nobody was given a lead")
    yield Figure("routing.assign_p95_ms", min(map(_p95, turns)), "ms", "<= 15")
    yield Figure("routing.assign_p95_of_all_ms", _p95(milliseconds), "ms")
    yield Figure("routing.assign_median_ms", quantiles(milliseconds, n=2)[0], "ms")
    yield Figure("routing.assigned_ratio", given / count, "ratio")


def _p95(milliseconds: Sequence[float]) -> float:
    return quantiles(milliseconds, n=20)[-1]


def _assign(prepared: Prepared, hand_off_id: uuid.UUID) -> tuple[float, bool]:
    """Return how many seconds it took, and whether an AE has the lead."""
    start = time.perf_counter()
    with Session(prepared.engine) as session, session.begin():
        chosen = assign_ae(session, session.get_one(HandOff, hand_off_id), at=AS_OF)
    return time.perf_counter() - start, chosen is not None


def _new(prepared: Prepared, count: int) -> list[uuid.UUID]:
    """Return hand-offs that have no AE yet."""
    with Session(prepared.engine) as session:
        chosen = select(HandOff.id).where(HandOff.lead_id > prepared.past)
        return list(session.scalars(chosen.order_by(HandOff.lead_id).limit(count)))
