"""What routing reads and counts: the AEs as they are at an instant, and what each was given."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import TextClause, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from baton.store.owners import AccountOwner, owner_in, owner_sql
from baton.store.tables import HandOff, RouteCounter, RouteCredit

ASSIGNMENT_LOCK = 0x61737369676E

# Each part is found once for all AEs and joined to them: hundreds of look-ups take longer.
_AES = """
with local as materialized (
    select time_zone, day, day - cast(extract(isodow from day) as int) + 1 as monday
    from (
        select time_zone, cast(:at at time zone time_zone as date) as day
        from (select distinct time_zone from rep) zone
    ) today
), recent as materialized (
    select d.rep_id, d.on_date, d.given from route_day d
    where :counts_days
        and d.on_date between (select min(monday) from local) and (select max(day) from local)
)
select r.id, r.email, r.name, r.team, r.languages, r.skills, r.is_active,
    to_char(away.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS+00:00') as away_until,
    unreadable.name is not null as is_unreadable,
    to_char(rejected.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS+00:00') as rejected_at,
    coalesce(r.id = any (array(
        select m.ae_id from meeting m join attendance s on s.meeting_id = m.id
        where m.hand_off_id = cast(:hand_off_id as uuid) and s.side = 'ae' and s.reply = 'declined'
        union all
        select p.responsible_id from promise p
        where p.hand_off_id = cast(:hand_off_id as uuid) and p.replaced_at is not null
    )), false) as has_declined,
    cast(coalesce(c.open, 0) + coalesce(since.more, 0) as bigint) as open,
    cast(coalesce(lately.today, 0) as bigint) as today,
    cast(coalesce(lately.week, 0) as bigint) as week,
    coalesce(c.given, 0) as given, coalesce(c.calibration, 0) as calibration,
    coalesce(c.shares, false) as shares, coalesce(c.weight, 0) as weight,
    coalesce(r.id <> all (cast(:only as bigint[])), false) as is_busy
from rep r
left join route_counter c on c.rep_id = r.id
left join (
    select a.rep_id, max(a.ends_at) as until from absence a
    where a.withdrawn_at is null and a.starts_at <= :at and a.ends_at > :at
    group by a.rep_id
) away on away.rep_id = r.id
left join neighbour unreadable
    on unreadable.name = 'calendar of ' || r.email
    and unreadable.tries_again_at > clock_timestamp()
left join (
    select h.ae_id, max(o.at) as at
    from hand_off h join outcome o on o.hand_off_id = h.id
    where h.lead_id = any(array(
        select cast(:lead_id as bigint)
        union all select l.id from lead l where l.duplicate_of = :lead_id))
        and o.kind = 'not_met' and o.at > :rejected_after
    group by h.ae_id
) rejected on rejected.ae_id = r.id
left join (
    select o.rep_id, sum(o.more) as more from route_open o group by o.rep_id
) since on since.rep_id = r.id
left join (
    select d.rep_id, sum(d.given) filter (where d.on_date = local.day) as today,
        sum(d.given) as week
    from recent d
    join rep z on z.id = d.rep_id
    join local on local.time_zone = z.time_zone
    where d.on_date between local.monday and local.day
    group by d.rep_id
) lately on lately.rep_id = r.id
where r.role = 'AE'
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is asked of the AEs.

    Attributes:
        lead_id: Whose rejections count, and those of whom was merged into it.
        at: Now (aware UTC).
        hand_off_id: The hand-off; whoever declined it, or lost it, is told apart.
        cool_down_days: For how many days a rejection counts.
        counts_days: Whether their leads of the day and the week are.
        only: Ids of those who are surely free now; None if that does not matter.
        asks_owner: Whether to tell who has the lead's account.
    """

    lead_id: int
    at: datetime
    hand_off_id: uuid.UUID | None = None
    cool_down_days: int = 0
    counts_days: bool = True
    only: Collection[int] | None = None
    asks_owner: bool = False


@dataclass(frozen=True, slots=True)
class AesSeen:
    """What is known of the AEs.

    Attributes:
        columns: For each column that was asked for a list with every AE's value, by id.
        owner: Who has the lead's account; None if nobody does, or it was not asked.
    """

    columns: list[list[Any]]
    owner: AccountOwner | None


# Planning what reads the AEs anew for each lead takes half as long as reading them.
_TURN = (
    "select pg_advisory_xact_lock(:key), set_config('plan_cache_mode', 'force_generic_plan', true)"
)
_TAKE_TURNS = text(_TURN)
_TAKE_TURNS_FOR = text(f"""
select turn.*, named.*
from ({_TURN}) turn
left join (
    select r.id, r.email, r.name, w.decided_by
    from (
        select w.decision, w.decision_detail, w.decided_by from wait w
        where w.hand_off_id = :hand_off and w.kind = 'assignment'
        order by w.ordinal desc limit 1
    ) w
    join rep r on r.id = cast(w.decision_detail ->> 'rep_id' as bigint)
    where w.decision = 'assigned' and r.is_active and r.role = 'AE'
) named on true
""")  # noqa: S608 (an expression of ours)


@dataclass(frozen=True, slots=True)
class Named:
    """The AE whom a person named for a lead that nobody might have, and who did."""

    id: int
    email: str
    name: str
    by: str


def take_turns_for(session: Session, hand_off: HandOff) -> Named | None:
    """Take turns; return whom a person named for the hand-off, if that AE is still there.

    The hand-off is locked, so that nobody is named meanwhile.
    """
    values = {"key": ASSIGNMENT_LOCK, "hand_off": hand_off.id}
    row = session.execute(_TAKE_TURNS_FOR, values).one()
    return None if row.id is None else Named(row.id, row.email, row.name, row.decided_by)


def take_turns(session: Session) -> None:
    """Wait until no other assignment runs; nobody else assigns before this transaction ends.

    The transaction's statements keep their plans from here on.
    """
    session.execute(_TAKE_TURNS, {"key": ASSIGNMENT_LOCK})


def aes_at(session: Session, reading: Reading, columns: Sequence[str]) -> AesSeen:
    """Return every AE, active or not, as routing sees them: a list for each of these columns.

    Instants are ISO 8601 in UTC. One value goes over the line, because hundreds of rows with lists
    in them take longer to read than to find.
    """
    found = session.execute(
        _statement(tuple(columns)),
        {
            "lead_id": reading.lead_id,
            "at": reading.at,
            "hand_off_id": reading.hand_off_id,
            "rejected_after": reading.at - timedelta(days=reading.cool_down_days),
            "counts_days": reading.counts_days,
            "only": None if reading.only is None else list(reading.only),
            "asks_owner": reading.asks_owner,
        },
    )
    row = found.mappings().one()
    return AesSeen(orjson.loads(row["aes"]), owner_in(row))


@lru_cache(maxsize=8)
def _statement(columns: tuple[str, ...]) -> TextClause:
    lists = ", ".join(f"coalesce(json_agg({name}), '[]')" for name in columns)
    account = "(select l.account_id from lead l where l.id = :lead_id and :asks_owner)"
    return text(
        f"select told.*, owner.* from (select cast(json_build_array({lists}) as text) as aes"  # noqa: S608 (names of ours)
        f" from ({_AES} order by r.id offset 0) seen) told"
        f" left join ({owner_sql(account)}) owner on true"
    )


_GIVE = text("""
with given as (
    update hand_off set ae_id = :rep, ae_engaged_at = null where id = :hand_off
), opened as (
    delete from route_open returning rep_id, more
), counted as (
    insert into route_counter (rep_id, given, open)
    select rep_id, sum(given), sum(more)
    from (select cast(:rep as bigint), 1, 0 union all select rep_id, 0, more from opened)
        change (rep_id, given, more)
    group by rep_id
    on conflict (rep_id) do update
        set given = route_counter.given + excluded.given, open = route_counter.open + excluded.open
)
insert into route_day (rep_id, on_date, given)
select r.id, cast(:at at time zone r.time_zone as date), 1 from rep r where r.id = :rep
on conflict (rep_id, on_date) do update set given = route_day.given + 1
""")


def give(session: Session, hand_off: HandOff, rep_id: int, *, at: datetime) -> None:
    """Give the hand-off to the AE, who has answered nothing yet, and count the lead for them.

    What was opened and ended since the last one is counted too; whose turn it is does that alone.
    """
    session.execute(_GIVE, {"rep": rep_id, "hand_off": hand_off.id, "at": at})
    set_committed_value(hand_off, "ae_id", rep_id)
    set_committed_value(hand_off, "ae_engaged_at", None)


def count_back(session: Session, rep_id: int) -> None:
    """Take a lead that went on to another AE out of the share of the one before."""
    session.execute(
        text("update route_counter set given = given - 1 where rep_id = :rep"), {"rep": rep_id}
    )


def keep_sharing(
    session: Session,
    *,
    joined: Mapping[int, int],
    weights: Mapping[int, int],
    left: Sequence[int],
) -> None:
    """Keep who begins to share, with calibration and weight, and who is away by now."""
    if joined:
        statement = insert(RouteCounter)
        replaced = statement.on_conflict_do_update(
            index_elements=[RouteCounter.rep_id],
            set_={
                "calibration": statement.excluded.calibration,
                "weight": statement.excluded.weight,
                "shares": True,
            },
        )
        rows = [
            {"rep_id": rep, "calibration": value, "weight": weights[rep], "shares": True}
            for rep, value in joined.items()
        ]
        session.execute(replaced, rows)
    if left:
        session.execute(
            text("update route_counter set shares = false where rep_id = any (:left)"),
            {"left": list(left)},
        )


def give_credit(session: Session, hand_off: HandOff, *, reason: str, at: datetime) -> bool:
    """Take the hand-off's lead out of its AE's share, once.

    Args:
        session: Its transaction.
        hand_off: Whose AE gets another lead for it.
        reason: `no_show`, `not_met` or `review`.
        at: Now (aware UTC).

    Returns:
        Whether it is new; False also for a hand-off without an AE.
    """
    if hand_off.ae_id is None:
        return False
    credit = insert(RouteCredit).values(
        hand_off_id=hand_off.id, rep_id=hand_off.ae_id, reason=reason, at=at
    )
    new = session.scalar(credit.on_conflict_do_nothing().returning(RouteCredit.rep_id))
    if new is None:
        return False
    session.execute(
        text(
            "insert into route_counter (rep_id, given) values (:rep, -1)"
            " on conflict (rep_id) do update set given = route_counter.given - 1"
        ),
        {"rep": new},
    )
    return True


def withdraw_credit(session: Session, hand_off: HandOff, *, at: datetime) -> bool:
    """Count the hand-off's lead for its AE again whose rejection of it was credited; once.

    Args:
        session: Its transaction.
        hand_off: Whose AE had another lead for it.
        at: Now (aware UTC).

    Returns:
        Whether there was a credit for a rejection.
    """
    rep_id = session.scalar(
        update(RouteCredit)
        .where(
            RouteCredit.hand_off_id == hand_off.id,
            RouteCredit.reason == "not_met",
            RouteCredit.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=at)
        .returning(RouteCredit.rep_id)
    )
    if rep_id is None:
        return False
    session.execute(
        text("update route_counter set given = given + 1 where rep_id = :rep"), {"rep": rep_id}
    )
    return True


def has_credit(session: Session, hand_off_id: uuid.UUID) -> bool:
    """Return whether the hand-off's lead does not count against its AE's share."""
    credit = select(RouteCredit.rep_id).where(
        RouteCredit.hand_off_id == hand_off_id, RouteCredit.withdrawn_at.is_(None)
    )
    return session.scalar(credit) is not None
