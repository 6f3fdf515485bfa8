"""How long it takes to give 50,000 past leads anew under another agreement, and what it writes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.engine.simulating import simulate
from baton.errors import PermanentError
from baton.rulebook.loading import agreement_from_content, load_agreement
from baton.rulebook.routing import route, weights_of
from baton.rulebook.routing_candidates import Candidate
from baton.rulebook.routing_conditions import LeadSeen
from baton.rulebook.routing_part import Routing
from baton.rulebook.routing_record import stored_facts, stored_result
from benchmarks.figure import Figure
from benchmarks.plan import FULL_SIZE, Plan
from benchmarks.routing.ground import ROUTING, RULES, Prepared
from benchmarks.rulebook.population import AS_OF

LEADS = 50_000
FEWEST = 500
AES = 50
SECONDS_BETWEEN = 300
ROWS_AT_ONCE = 1_000
_INSERT = """
insert into decision (lead_id, hand_off_id, agreement_id, kind, at, as_of, facts, result, reasons)
values (:lead, :hand_off, :agreement, 'route', :at, :at, cast(:facts as jsonb),
    cast(:result as jsonb), '[]')
"""


def figures(plan: Plan, prepared: Prepared) -> Iterator[Figure]:
    """Yield how long the simulation takes, and how many transactions of it wrote anything."""
    count = max(FEWEST, int(LEADS * min(1.0, plan.leads / FULL_SIZE)))
    with plan.doing(f"{count:,} assignments to {AES} AEs are put into the past"):
        _decide(prepared, count)
    new = agreement_from_content(load_agreement(RULES).content | {"routing": ROUTING})
    with plan.doing(f"{count:,} leads are given anew"), Session(prepared.engine) as session:
        start = time.perf_counter()
        told = simulate(session, since=AS_OF - timedelta(days=400), until=AS_OF, agreement=new)
        seconds = time.perf_counter() - start
        # A transaction that wrote anything has a number.
        number = session.scalar(text("select pg_current_xact_id_if_assigned()"))
    if told.leads != count or not told.moved:
        raise PermanentError(f"{told.leads:,} of {count:,} leads were given anew")
    yield Figure("routing.simulate_50k_s", seconds, "s", "<= 60")
    yield Figure("routing.simulate_writes", int(number is not None), "transactions", "<= 0")
    yield Figure("routing.simulate_moved_ratio", len(told.moved) / count, "ratio")


def _decide(prepared: Prepared, count: int) -> None:
    """Store routing decisions as they would have been made, under a section without any rule."""
    routing = Routing.model_validate({"fallback": ROUTING["fallback"]})
    with Session(prepared.engine) as session, session.begin():
        aes = _aes(session)
        rows: list[dict[str, Any]] = []
        for number, (hand_off, lead) in enumerate(_hand_offs(session, count)):
            at = AS_OF - timedelta(seconds=SECONDS_BETWEEN * (count - number))
            rows.append(_row(routing, aes) | {"hand_off": hand_off, "lead": lead, "at": at})
            rows[-1]["agreement"] = prepared.agreement_id
            if len(rows) == ROWS_AT_ONCE:
                session.execute(text(_INSERT), rows)
                rows = []
        if rows:
            session.execute(text(_INSERT), rows)


def _aes(session: Session) -> list[Candidate]:
    rows = session.execute(
        text(
            "select id, email, team, languages, skills from rep where role = 'AE'"
            " order by id limit :aes"
        ),
        {"aes": AES},
    )
    return [Candidate(*row) for row in rows]


def _hand_offs(session: Session, count: int) -> Sequence[Any]:
    return session.execute(
        text("select id, lead_id from hand_off where lead_id <= :count order by lead_id"),
        {"count": count},
    ).all()


def _row(routing: Routing, aes: list[Candidate]) -> dict[str, str]:
    """Return what one decision keeps, and count it."""
    lead = LeadSeen({}, (), ())
    facts = stored_facts(lead, aes, None)
    told = route(routing, lead, aes, None)
    weights = weights_of(routing, aes)
    for place, one in enumerate(aes):
        calibration = told.joined.get(one.id)
        if calibration is not None:
            weight = weights[one.id]
            aes[place] = one._replace(calibration=calibration, shares=True, weight=weight)
        if one.email == told.ae:
            aes[place] = aes[place]._replace(given=one.given + 1)
    return {"facts": json.dumps(facts), "result": json.dumps(stored_result(told))}
