"""Leads of one person are merged into one, in sets, and told apart again; nothing is lost.

The dropped lead stays with its own history and points to the kept one. The kept one has copies of
its touches, and what it lacked itself. A wish of either not to be contacted counts for both: the
database's triggers see to that (I4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.store.intake import FACT_COLUMNS, as_rows
from baton.store.touches import mark_changed

DUPLICATE_OF: Final = "duplicate of lead "
"""Why a dropped lead is closed; the kept one's id follows."""
# What the kept lead takes where it has nothing; `custom` and `answers` are joined beside them.
_OF_ITSELF = ("external_id", "custom")
TAKEN: Final = (*(name for name in FACT_COLUMNS if name not in _OF_ITSELF), "account_why")


@dataclass(frozen=True, slots=True)
class ToMerge:
    """The lead that is dropped, the one that is kept, and why they are one person."""

    drop_id: int
    keep_id: int
    reasons: tuple[str, ...]


def lock_for_merge(
    session: Session, lead_ids: Iterable[int], *, waits: bool = True
) -> dict[int, str]:
    """Lock the leads and what was merged into them, in the order of their ids.

    Args:
        session: Its transaction.
        lead_ids: Whom.
        waits: False to leave out who is locked by somebody else.

    Returns:
        The place of each of the leads; who is a duplicate already is not among them.
    """
    found = session.execute(_LOCK if waits else _LOCK_FREE, {"ids": list(lead_ids)})
    return {id_: place for id_, place, root in found if root is None}


def merge_leads(session: Session, merges: Sequence[ToMerge], *, by: str, at: datetime) -> list[int]:
    """Merge leads; return the ids of those that are dropped.

    Args:
        session: Its transaction, in which `lock_for_merge` was called for all of them.
        merges: Nobody dropped is in an open hand-off, owned by an AE, in quarantine or a duplicate;
            nobody kept is dropped, or a duplicate.
        by: Who decided.
        at: Now (aware UTC).
    """
    waiting = list(merges)
    while waiting:
        # One by one for each kept lead, because each changes what it lacks.
        first = {each.keep_id: each for each in reversed(waiting)}
        _merge(session, list(first.values()), by=by, at=at)
        waiting = [each for each in waiting if first[each.keep_id] is not each]
    mark_changed(session, {each.keep_id for each in merges}, at)
    return sorted({each.drop_id for each in merges})


def _merge(session: Session, merges: Sequence[ToMerge], *, by: str, at: datetime) -> None:
    rows = as_rows(
        {"drop_id": each.drop_id, "keep_id": each.keep_id, "reasons": list(each.reasons)}
        for each in merges
    )
    values = {"rows": rows, "columns": list(TAKEN), "by": by, "at": at}
    ids = list(session.execute(_KEEP_RECORD, values).scalars())
    values = {"ids": ids, "by": by, "at": at, "why": DUPLICATE_OF}
    for statement in (_CLOSE, _FOLLOW, _TAKE, _TELL_TAKEN, _SETTLE):
        session.execute(statement, values)
    copy_touches(session, ids)


def copy_touches(session: Session, merge_ids: Sequence[int]) -> None:
    """Give kept leads those touches of the dropped ones that they do not have."""
    for merge_id in merge_ids:
        session.execute(_COPY_TOUCHES, {"id": merge_id})


_LOCKED = """
    select id, place, duplicate_of from lead
    where id = any(:ids) or duplicate_of = any(:ids) order by id for no key update
"""
_LOCK = text(_LOCKED)
_LOCK_FREE = text(f"{_LOCKED} skip locked")


def _less(column: str) -> str:
    """Return what the dropped lead has in a document that the kept one has not."""
    lacking = f"jsonb_each(d.{column}) where not jsonb_exists(k.{column}, key)"
    return f"coalesce((select jsonb_object_agg(key, value) from {lacking}), '{{}}')"  # noqa: S608


_KEEP_RECORD = text(
    f"""
    insert into lead_merge (drop_id, keep_id, reasons, by, at, before_place, before_reason,
        before_check_in_on, before_due_at, taken, followed)
    select d.id, k.id, array(select jsonb_array_elements_text(p.reasons)), :by, :at,
        d.place, d.place_reason, d.check_in_on, due.at,
        (select coalesce(jsonb_object_agg(v.key, v.value), '{{}}') from jsonb_each(to_jsonb(d)) v
         where v.key = any(:columns) and v.value <> 'null' and to_jsonb(k) -> v.key = 'null')
        || case when k.account_id is null and d.account_id is not null
            then jsonb_build_object('account_id', d.account_id) else '{{}}' end
        || jsonb_build_object('custom', {_less("custom")}, 'answers', {_less("answers")}),
        array(select f.id from lead f where f.duplicate_of = d.id order by f.id)
    from jsonb_to_recordset(cast(:rows as jsonb))
        as p (drop_id bigint, keep_id bigint, reasons jsonb)
    join lead d on d.id = p.drop_id join lead k on k.id = p.keep_id
    left join due on due.lead_id = d.id
    order by d.id returning id
    """  # noqa: S608 (constants)
)
_CLOSE = text(
    """
    with closing as (
        select d.id, d.status, d.place, m.keep_id from lead_merge m join lead d on d.id = m.drop_id
        where m.id = any(:ids)),
    told as (
        insert into status_change
            (lead_id, from_status, to_status, from_place, to_place, reason, "by", at)
        select id, status, status, place, 'closed', :why || keep_id, :by, :at
        from closing)
    update lead set place = 'closed', place_reason = :why || c.keep_id,
        duplicate_of = c.keep_id, check_in_on = null
    from closing c where lead.id = c.id
    """
)
_FOLLOW = text(
    """
    update lead set duplicate_of = m.keep_id from lead_merge m
    where m.id = any(:ids) and lead.id = any(m.followed)
    """
)
_FILLED = ", ".join(f"{name} = coalesce(k.{name}, m.taken ->> '{name}')" for name in TAKEN)
_TAKE = text(
    f"""
    update lead k set {_FILLED},
        account_id = coalesce(k.account_id, cast(m.taken ->> 'account_id' as bigint)),
        custom = (m.taken -> 'custom') || k.custom, answers = (m.taken -> 'answers') || k.answers
    from lead_merge m where m.id = any(:ids) and k.id = m.keep_id
    """  # noqa: S608 (constants)
)
_TELL_TAKEN = text(
    """
    insert into lead_change (lead_id, at, "by", changes)
    select m.keep_id, :at, :by,
        (select jsonb_object_agg(v.key, jsonb_build_array(null, v.value))
         from jsonb_each(m.taken) v where v.value <> '{}')
    from lead_merge m
    where m.id = any(:ids) and exists (select from jsonb_each(m.taken) v where v.value <> '{}')
    """
)
_SETTLE = text(
    """
    update suspected_duplicate s set settled = 'merged', settled_by = :by, settled_at = :at
    from lead_merge m
    where m.id = any(:ids) and s.lead_id = greatest(m.keep_id, m.drop_id)
        and s.older_id = least(m.keep_id, m.drop_id)
    """
)
_COPY_TOUCHES = text(
    """
    with copied as (
        insert into touch (lead_id, kind, at, detail)
        select m.keep_id, t.kind, t.at, t.detail
        from lead_merge m join touch t on t.lead_id = m.drop_id where m.id = :id
        on conflict do nothing returning id)
    insert into merged_touch (touch_id, merge_id) select id, :id from copied
    """
)
