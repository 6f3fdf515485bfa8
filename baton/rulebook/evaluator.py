"""Judges leads: one for a hand-off, all for the nightly batch, by the same statement."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import text
from sqlalchemy.dialects import registry
from sqlalchemy.orm import Session

from baton.domain.verdict import Evaluation
from baton.rulebook.agreement import Agreement
from baton.rulebook.columns import STATUS
from baton.rulebook.reading import evaluation_of
from baton.rulebook.statement import RESULT, compile_agreement
from baton.store.id_lists import id_list
from baton.store.judgements import note_facts, open_judging, storing, storing_many

STREAM_ABOVE = 1000
ROWS_AT_ONCE = 1000
# How a judging of many leads is to be planned. Compiling such a statement to machine code takes
# longer than running it. The touches lie sorted by lead in an index; hashing them by lead instead
# takes memory for every count of every lead, and goes to disk.
_PLANNING = text("""
    select set_config('jit', 'off', true), set_config('work_mem', '256MB', true),
        set_config('enable_hashagg', 'off', true), set_config('enable_nestloop', :nestloop, true)
""")
_DIALECT = registry.load("postgresql.psycopg")()


@dataclass(frozen=True, slots=True)
class Judged:
    """What one judging of many leads came to.

    Attributes:
        judging_id: Its number.
        leads: How many it judged.
        ready: Those of them that are ready to be handed off, by id.
        otherwise: Those whose status says that they are marketing-qualified and are not, or that
            they are in nurture and earned more; in no order.
    """

    judging_id: int
    leads: int
    ready: Sequence[int]
    otherwise: Sequence[int]


def evaluate(
    session: Session,
    agreement_id: int,
    agreement: Agreement,
    *,
    lead_ids: Sequence[int] | None,
    as_of: datetime,
) -> Iterator[Evaluation]:
    """Yield what the agreement says of each lead, in no particular order; nothing is stored.

    Rows stream from the server, so memory stays bounded whatever the number of leads; do not
    commit the session before the last one is taken.

    Args:
        session: Reads the leads as they are; touches after `as_of` are not seen.
        agreement_id: The version that `agreement` was read from.
        agreement: What is judged by.
        lead_ids: Which leads, whatever their place; None for all that wait for qualification.
        as_of: Aware UTC instant to which touches are counted and decayed.
    """
    statement = compile_agreement(agreement)
    options: dict[str, Any] = {}
    if lead_ids is None or len(lead_ids) > STREAM_ABOVE:
        options = {"stream_results": True, "yield_per": ROWS_AT_ONCE}
        plan_for_many(session)
        # Every row will be fetched: plan for the whole, not for a fast first row.
        session.execute(text("set local cursor_tuple_fraction = 1"))
    sql, which = (
        (statement.within, {"first": 0, "last": 2**63 - 1, "places": ["waiting"]})
        if lead_ids is None
        else (statement.given, {"lead_ids": list(lead_ids)})
    )
    rows = session.execute(text(sql), {**which, "as_of": as_of}, execution_options=options)
    for row in rows.mappings():
        yield evaluation_of(statement.rules, dict(row), agreement_id=agreement_id, as_of=as_of)


def judge_lead(
    session: Session,
    agreement_id: int,
    agreement: Agreement,
    *,
    lead_id: int,
    hand_off_id: uuid.UUID | None,
    at: datetime,
) -> Evaluation:
    """Judge one lead and store the judgement with the facts it saw (I8); return it.

    Args:
        session: The transaction that stores it.
        agreement_id: The version that `agreement` was read from; signed (I9).
        agreement: What is judged by.
        lead_id: Whom.
        hand_off_id: The hand-off that it is judged for, if any.
        at: Now (aware UTC): touches are counted and decayed up to it.
    """
    statement = compile_agreement(agreement)
    judging_id = _opened(session, agreement_id, agreement, hand_off_id=hand_off_id, at=at)
    values = {"lead_ids": [lead_id], "judging_id": judging_id, "as_of": at}
    row = _prepared(
        session, storing(statement.given, RESULT) + f" returning {', '.join(RESULT)}", values
    )
    return evaluation_of(statement.rules, row, agreement_id=agreement_id, as_of=at)


def know_facts(session: Session, agreement: Agreement) -> None:
    """Note which facts judgements under the agreement keep, before several judge at once."""
    note_facts(session, compile_agreement(agreement).rules.facts)


def judge_set(
    session: Session,
    agreement_id: int,
    agreement: Agreement,
    *,
    lead_ids: Sequence[int],
    at: datetime,
    place: str | None = None,
) -> Judged:
    """Judge leads and store a judgement of each, all in the database.

    Args:
        session: The transaction that stores them; its rest is planned for many leads at once.
        agreement_id: The version that `agreement` was read from; signed (I9).
        agreement: What is judged by.
        lead_ids: Which leads, whatever their place.
        at: Now (aware UTC).
        place: Who is not there is left out; None for wherever they are.
    """
    statement = compile_agreement(agreement)
    sql = statement.given if place is None else statement.placed
    judging_id = _opened_for_many(session, agreement_id, agreement, at=at)
    values: dict[str, Any] = {"lead_ids": id_list(lead_ids), "judging_id": judging_id, "as_of": at}
    values |= {} if place is None else {"place": place}
    return _judged(judging_id, _prepared(session, storing_many(sql, RESULT, STATUS), values))


def judge_span(
    session: Session,
    agreement_id: int,
    agreement: Agreement,
    *,
    span: tuple[int, int],
    places: Sequence[str],
    at: datetime,
) -> Judged:
    """Judge the leads of a span of ids, as `judge_set` does.

    Args:
        session: The transaction that stores them.
        agreement_id: The version that `agreement` was read from; signed (I9).
        agreement: What is judged by.
        span: The first and the last id.
        places: Only leads that are in one of these places.
        at: Now (aware UTC).
    """
    statement = compile_agreement(agreement)
    judging_id = _opened_for_many(session, agreement_id, agreement, at=at)
    which = {"first": span[0], "last": span[1], "places": list(places)}
    storing_span = text(storing_many(statement.within, RESULT, STATUS))
    row = session.execute(storing_span, {**which, "judging_id": judging_id, "as_of": at})
    return _judged(judging_id, dict(row.mappings().one()))


def _opened_for_many(
    session: Session, agreement_id: int, agreement: Agreement, *, at: datetime
) -> int:
    judging_id = _opened(session, agreement_id, agreement, hand_off_id=None, at=at)
    # How many leads there are the server cannot tell beforehand; a search for each is too slow.
    plan_for_many(session, may_search_each=False)
    return judging_id


def _judged(judging_id: int, told: Mapping[str, Any]) -> Judged:
    return Judged(judging_id, told["judged"], sorted(told["ready"]), told["otherwise"])


def plan_for_many(session: Session, *, may_search_each: bool = True) -> None:
    """Have the rest of the transaction planned for many leads at once.

    Args:
        session: The transaction.
        may_search_each: False if nothing is to be searched for lead by lead.
    """
    session.execute(_PLANNING, {"nestloop": "on" if may_search_each else "off"})


def _opened(
    session: Session,
    agreement_id: int,
    agreement: Agreement,
    *,
    hand_off_id: uuid.UUID | None,
    at: datetime,
) -> int:
    return open_judging(
        session,
        agreement_id=agreement_id,
        facts=compile_agreement(agreement).rules.facts,
        hand_off_id=hand_off_id,
        at=at,
        as_of=at,
    )


def _prepared(session: Session, sql: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Run a statement that this connection plans only once, and return its one row.

    Planning takes longer than judging a lead; the plan for one is the same for each, and so is that
    for many. The rest of the transaction is planned so, too.
    """
    session.execute(text("set local plan_cache_mode = force_generic_plan"))
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection), "PostgreSQL is the only engine"
    with driver.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_in_driver_form(sql).encode(), values, prepare=True).fetchone()
    assert row is not None, "one lead gives one row"
    return row


@lru_cache(maxsize=256)
def _in_driver_form(sql: str) -> str:
    return str(text(sql).compile(dialect=_DIALECT))
