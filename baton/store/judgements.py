"""What the agreement said of leads: inserted set-wise, read back by name, never changed (I8)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

# In which list of a judgement a fact of which type is kept.
KEPT_IN = {
    "boolean": "flags",
    "numeric": "numbers",
    "text": "texts",
}

_COLUMNS = """j.lead_id, j.judging_id, g.hand_off_id, g.agreement_id, g.at, g.as_of,
    cast(j.qualification as text) as qualification, j.fit_tenths, j.warmth_tenths,
    j.is_hot, j.is_marketing_qualified, j.holds_until, j.verdicts, j.flags, j.numbers, j.texts,
    j.did, f.keys, f.types,
    a.title as agreement_title
    from judgement j
    join judging g on g.id = j.judging_id
    join fact_list f on f.id = g.fact_list_id
    join agreement_version a on a.id = g.agreement_id"""


@dataclass(frozen=True, slots=True)
class KeptJudgement:
    """One judgement of one lead as it was stored; instants are aware UTC.

    Attributes:
        judging_id: Its number; a later judgement of the lead has a higher one.
        hand_off_id: The hand-off it belongs to; None for one made by the batch.
        agreement_id: The version that decided.
        verdicts: Of the fit rules, the criteria and the groups, in the agreement's order.
        keys: The facts seen, in order; `types` are their types, and `flags`, `numbers` and `texts`
            their values, each type's in order.
        did: What the lead did, in numbers: for each warmth rule that counted touches of which
            anything is left, its place from 1, how many they were, when the last was (in
            microseconds since 1970), what decay left of them (in millionths of a fresh one), and
            the points (in tenths).
    """

    lead_id: int
    judging_id: int
    hand_off_id: uuid.UUID | None
    agreement_id: int
    agreement_title: str
    at: datetime
    as_of: datetime
    qualification: str
    fit_tenths: int
    warmth_tenths: int
    is_hot: bool
    is_marketing_qualified: bool
    holds_until: datetime | None
    verdicts: list[bool | None]
    flags: list[bool | None]
    numbers: list[Decimal | None]
    texts: list[str | None]
    did: list[list[int]]
    keys: list[str]
    types: list[str]

    def facts(self) -> dict[str, Any]:
        """Return the facts seen by name; numbers are Decimal, None is unknown."""
        lists = {name: getattr(self, name) for name in KEPT_IN.values()}
        return facts_by_name(dict(zip(self.keys, self.types, strict=True)), lists)


def facts_by_name(types: Mapping[str, str], lists: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts by name out of the lists that hold each type's values in order.

    Args:
        types: Name and SQL type of each fact, in order.
        lists: `flags`, `numbers` and `texts`; what one has not at its end, is unknown.
    """
    values = {kind: iter(lists[name]) for kind, name in KEPT_IN.items()}
    return {key: next(values[kind], None) for key, kind in types.items()}


def open_judging(
    session: Session,
    *,
    agreement_id: int,
    facts: Mapping[str, str],
    hand_off_id: uuid.UUID | None,
    at: datetime,
    as_of: datetime,
) -> int:
    """Note that leads are judged; return the number that their judgements go under.

    Args:
        session: The transaction.
        agreement_id: The version that decides; it must be signed (I9).
        facts: Name and SQL type of each fact that the judgements keep, in order.
        hand_off_id: The hand-off that the judging is for; None for the batch.
        at: Now (aware UTC).
        as_of: The instant whose facts are seen.
    """
    values = {
        "agreement_id": agreement_id,
        "content_hash": _hash_of(tuple(facts.items())),
        "hand_off_id": hand_off_id,
        "at": at,
        "as_of": as_of,
    }
    opened: int | None = session.scalar(_OPEN, values)
    if opened is None:
        # The first judging that sees these facts; two at once write the same list.
        note_facts(session, facts)
        opened = session.scalar(_OPEN, values)
    assert opened is not None, "its list of facts is there now"
    return opened


def note_facts(session: Session, facts: Mapping[str, str]) -> None:
    """Note which facts judgements keep, unless it is noted; two at once wait for each other.

    Args:
        session: The transaction.
        facts: Name and SQL type of each fact, in order.
    """
    values = {"content_hash": _hash_of(tuple(facts.items()))}
    session.execute(_LIST, values | {"keys": list(facts), "types": list(facts.values())})


_OPEN = text("""
    insert into judging (agreement_id, fact_list_id, hand_off_id, at, as_of)
    select :agreement_id, f.id, cast(:hand_off_id as uuid), :at, :as_of
    from fact_list f where f.content_hash = :content_hash
    returning id
""")
_LIST = text("""
    insert into fact_list (content_hash, keys, types)
    values (:content_hash, :keys, :types) on conflict (content_hash) do nothing
""")


@lru_cache(maxsize=256)
def _hash_of(facts: tuple[tuple[str, str], ...]) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()


@lru_cache(maxsize=256)
def storing(sql: str, columns: tuple[str, ...]) -> str:
    """Return the statement that stores what `sql` says of leads, under `:judging_id`.

    Args:
        sql: Gives a row for each lead; it judges and stores in one.
        columns: Those of its columns that `judgement` has.
    """
    listed = ", ".join(columns)
    return (
        f"insert into judgement (judging_id, {listed})"  # noqa: S608 (constants)
        f" select cast(:judging_id as bigint), {listed} from ({sql}) as said"
    )


@lru_cache(maxsize=256)
def storing_many(sql: str, columns: tuple[str, ...], status: str) -> str:
    """Return the statement that stores as `storing` does, and tells what it came to.

    Its one row has how many were `judged`, and the ids of those that may be handed off (`ready`),
    and of those whose status says that they are marketing-qualified, or in nurture, and is not true
    (`otherwise`).

    Args:
        sql: As for `storing`.
        columns: As for `storing`.
        status: The column of `sql` with each lead's status.
    """
    listed, said = (", ".join(f"{of}{name}" for name in columns) for of in ("", "said."))
    # An insert can return what it stored alone, and what a merge may match nothing is one.
    return f"""with stored as (
            merge into judgement using ({sql}) as said on false
            when not matched then insert (judging_id, {listed})
                values (cast(:judging_id as bigint), {said})
            returning said.lead_id, said.qualification, said.{status} as status,
                case when said.is_marketing_qualified then 'marketing_qualified' else 'nurture' end
                    as earned
        )
        select count(*) as judged,
            coalesce(array_agg(lead_id) filter (where qualification <> 'not_qualified'), '{{}}')
                as ready,
            coalesce(array_agg(lead_id) filter (
                where status <> earned and status in ('nurture', 'marketing_qualified')), '{{}}')
                as otherwise
        from stored"""  # noqa: S608 (constants)


def latest_judgement(
    session: Session,
    lead_id: int,
    *,
    until: datetime | None = None,
    agreement_id: int | None = None,
) -> KeptJudgement | None:
    """Return the newest judgement of a lead.

    Args:
        session: Only reads.
        lead_id: Whose.
        until: It was made at this instant (aware UTC) at the latest; None for any.
        agreement_id: It was made under this version; None for any.
    """
    return _first(
        session,
        "j.lead_id = :lead_id"
        " and (cast(:until as timestamptz) is null or g.at <= :until)"
        " and (cast(:agreement_id as bigint) is null or g.agreement_id = :agreement_id)"
        " order by j.judging_id desc limit 1",
        {"lead_id": lead_id, "until": until, "agreement_id": agreement_id},
    )


def judgement(session: Session, lead_id: int, judging_id: int) -> KeptJudgement | None:
    """Return what a judging said of a lead; None if it did not judge it."""
    which = "j.lead_id = :lead_id and j.judging_id = :judging_id"
    return _first(session, which, {"lead_id": lead_id, "judging_id": judging_id})


def _first(session: Session, which: str, values: Mapping[str, Any]) -> KeptJudgement | None:
    found = session.execute(text(f"select {_COLUMNS} where {which}"), values)
    row = found.mappings().first()
    return None if row is None else KeptJudgement(**row)


def judgements_of(session: Session, lead_id: int) -> Sequence[KeptJudgement]:
    """Return every judgement of a lead, the oldest first."""
    rows = session.execute(
        text(f"select {_COLUMNS} where j.lead_id = :lead_id order by j.judging_id"),
        {"lead_id": lead_id},
    ).mappings()
    return [KeptJudgement(**row) for row in rows]
