"""The database that routing is measured on: 500 AEs, and what they were given before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from baton.rulebook.loading import load_agreement
from baton.store.database import connect, create_database, migrate
from baton.testing.agreeing import agreed
from benchmarks.plan import Plan
from benchmarks.rulebook import population
from benchmarks.rulebook.population import AS_OF, PLACES

RULES = Path(__file__).parents[2] / "rules" / "agreement.yaml"
AES = 500
TEAMS = 5
OPEN = 5_000
# What a routing of a large company asks of each lead.
ROUTING: dict[str, Any] = {
    "weights": [{"team": "team-1", "weight": 2}, {"team": "team-2", "weight": 0.5}],
    "territories": [
        {"id": "dach", "name": "DACH", "countries": ["DE", "AT"], "teams": ["team-1", "team-2"]},
        {"id": "large", "name": "Large", "when": "employees > 5000", "teams": ["team-3"]},
        {"id": "rest", "name": "Rest", "teams": [f"team-{n}" for n in range(1, TEAMS + 1)]},
    ],
    "speaks_language": True,
    "skills": [{"skill": "health", "when": "industry = 'health'"}],
    "caps": {"open_hand_offs": 50, "a_day": 40, "a_week": 100},
    "cool_down_days": 90,
    "fallback": {"name": "Nobody's", "to": "sdr@seller.example", "within_minutes": 60},
}
_REPS = """
insert into rep (email, name, role, team, languages, skills, time_zone)
select 'ae' || n || '@seller.example', 'AE ' || n, 'AE', 'team-' || (1 + n % :teams),
    case when n % 3 = 0 then array['en','de'] else array['en'] end,
    case when n % 4 = 0 then array['health'] else '{}'::text[] end,
    (array['Europe/Berlin','America/New_York','Asia/Tokyo'])[1 + n % 3]
from generate_series(1, :aes) n
"""
_HAND_OFFS = """
insert into hand_off (id, lead_id, agreement_id, sdr_id, ae_id, state, opened_at, opened_by,
    introduced_at, closed_at, close_reason, next_step, responsible_id, due_at)
select gen_random_uuid(), l.id, :agreement, :sdr, a.id,
    case when l.id > :open then 'returned' else 'open' end, at, 'bench', at,
    case when l.id > :open then at end, case when l.id > :open then 'returned' end,
    'wait', :sdr, at
from lead l
join (select id, row_number() over (order by id) as n from rep where role = 'AE') a
    on a.n = 1 + l.id % :aes
cross join lateral (select cast(:as_of as timestamptz) - l.id * interval '5 minutes' as at) t
where l.id <= :past
"""
_NEW = """
insert into hand_off (id, lead_id, agreement_id, sdr_id, state, opened_at, opened_by, next_step,
    responsible_id, due_at)
select gen_random_uuid(), l.id, :agreement, :sdr, 'open', :as_of, 'bench', 'introduce', :sdr, :as_of
from lead l where l.id > :past
"""
_PLACES = """
update lead l set place = 'hand_off', check_in_on = null, owner_id = :sdr
from hand_off h where h.lead_id = l.id and h.state = 'open'
"""
_REJECTED = """
insert into outcome (hand_off_id, meeting_id, rep_id, kind, verdicts, unmet, feedback, at)
select id, row_number() over (), ae_id, 'not_met', '{}', '{decides}', 'no', closed_at
from hand_off where state = 'returned' and lead_id % 5 = 0
"""
_COUNTERS = """
insert into route_counter (rep_id, given, weight, shares, open)
select h.ae_id, count(*),
    case r.team when 'team-1' then 2000 when 'team-2' then 500 else 1000 end, true,
    count(*) filter (where h.state = 'open')
from hand_off h join rep r on r.id = h.ae_id group by h.ae_id, r.team
"""
_DAYS = """
insert into route_day (rep_id, on_date, given)
select r.id, cast(h.introduced_at at time zone r.time_zone as date), count(*)
from hand_off h join rep r on r.id = h.ae_id group by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What routing is measured on.

    Attributes:
        engine: On the database.
        agreement_id: The version that decides there; it has a section `routing`.
        sdr_id: Whose the hand-offs are.
        past: How many leads were given before; the leads beyond are new.
        leads: How many there are.
    """

    engine: Engine
    agreement_id: int
    sdr_id: int
    past: int
    leads: int


@contextmanager
def ground(plan: Plan, *, new: int = 1_000) -> Iterator[Prepared]:
    """Give a database with the plan's leads given before, and `new` that were not."""
    name = f"routing_{plan.leads}"
    _administer(plan, f"drop database if exists {name} with (force)")
    engine = connect(create_database(plan.server_url, name))
    try:
        migrate(engine)
        leads = plan.leads + new
        with plan.doing(f"Inventing {leads:,} leads"):
            population.populate(engine, leads=leads, touches=leads)
        agreement_id, sdr_id = _agree(engine)
        with plan.doing(f"Giving {plan.leads:,} of them to {AES} AEs"):
            _give(engine, {"past": plan.leads, "agreement": agreement_id, "sdr": sdr_id})
        yield Prepared(engine, agreement_id, sdr_id, plan.leads, leads)
    finally:
        engine.dispose()
        _administer(plan, f"drop database if exists {name} with (force)")


def _agree(engine: Engine) -> tuple[int, int]:
    content = load_agreement(RULES).content | {"routing": ROUTING}
    with Session(engine) as session, session.begin():
        sdr_id = session.execute(
            text(
                "insert into rep (email, name, role) values ('sdr@seller.example', 'S', 'SDR')"
                " returning id"
            )
        ).scalar_one()
        session.execute(text(_REPS), {"aes": AES, "teams": TEAMS})
        return agreed(session, content, at=AS_OF), sdr_id


def _give(engine: Engine, values: dict[str, int]) -> None:
    with engine.begin() as connection:
        # A million rows whose references are right by construction.
        connection.execute(text("set local session_replication_role = replica"))
        given = values | {"as_of": AS_OF, "aes": AES, "open": min(OPEN, values["past"] // 10)}
        for statement in (_HAND_OFFS, _NEW, _PLACES):
            connection.execute(text(statement), given)
        for statement in ("delete from lead_place", PLACES, _REJECTED, _COUNTERS, _DAYS):
            connection.execute(text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
        # What making the data left to write is not the measured work's.
        connection.execute(text("checkpoint"))


def _administer(plan: Plan, statement: str) -> None:
    admin = connect(plan.server_url)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    admin.dispose()
