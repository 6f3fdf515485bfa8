"""The store's side of enrichment: accounts, derived columns and duplicates, as sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.store.intake import as_rows
from baton.store.tables import Json

# What enrichment fills in; a column that has a value keeps it unless it is given another one.
DERIVED_COLUMNS: Final = (
    "email",
    "given_name",
    "family_name",
    "phone_e164",
    "seniority",
    "function",
    "domain",
    "country",
    "time_zone",
    "language",
    "custom",
    "account_id",
)


@dataclass(frozen=True, slots=True)
class Account:
    """An account and the rep who owns it, if one does."""

    id: int
    domain: str
    owner_id: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two leads that may be one person: they share a number, or a domain and an initial."""

    lead_id: int
    older_id: int
    name: str
    older_name: str
    same_phone: bool
    other_email: bool


def upsert_accounts(session: Session, companies: Sequence[Json]) -> dict[str, Account]:
    """Make or complete accounts by domain; return them. What an account knows, it keeps.

    Args:
        companies: domain and name, and industry, employees, revenue_usd and country or None.
    """
    if not companies:
        return {}
    found = session.execute(
        text(
            """
            insert into account (domain, name, industry, employees, revenue_usd, country)
            select domain, name, industry, employees, revenue_usd, country
            from jsonb_populate_recordset(null::account, cast(:rows as jsonb)) order by domain
            on conflict (domain) do update set
                industry = coalesce(account.industry, excluded.industry),
                employees = coalesce(account.employees, excluded.employees),
                revenue_usd = coalesce(account.revenue_usd, excluded.revenue_usd),
                country = coalesce(account.country, excluded.country)
            returning domain, id, owner_id
            """
        ),
        {"rows": as_rows(companies)},
    )
    return {domain: Account(id_, domain, owner) for domain, id_, owner in found}


def write_enriched(session: Session, rows: Sequence[Json], *, at: datetime) -> None:
    """Write `id` and every column of `DERIVED_COLUMNS`; None keeps what is there."""
    if not rows:
        return
    assignments = ", ".join(
        f"{column} = coalesce(r.{column}, lead.{column})" for column in DERIVED_COLUMNS
    )
    session.execute(
        text(
            f"update lead set {assignments}, enriched_at = :at"  # noqa: S608 (constants)
            " from jsonb_populate_recordset(null::lead, cast(:rows as jsonb)) r"
            " where lead.id = r.id"
        ),
        {"rows": as_rows(rows), "at": at},
    )


def possible_duplicates(session: Session, lead_ids: Iterable[int]) -> list[Pair]:
    """Return older leads that may be the same person as one of `lead_ids`, oldest first.

    Leads of one domain are only compared if an initial of their names agrees: a large company has
    more pairs than anybody can look at.
    """
    found = session.execute(
        text(
            """
            with fresh as materialized (
                select * from lead where id = any(:ids) and duplicate_of is null),
            pair as (
                select f.id, o.id as older from fresh f join lead o
                    on o.phone_e164 = f.phone_e164 and o.id < f.id and o.duplicate_of is null
                union
                select f.id, o.id from fresh f join lead o
                    on o.domain = f.domain and o.id < f.id and o.duplicate_of is null
                    and (left(lower(o.family_name), 1) = left(lower(f.family_name), 1)
                         or left(lower(o.given_name), 1) = left(lower(f.given_name), 1)))
            select p.id, p.older, concat_ws(' ', f.given_name, f.family_name),
                concat_ws(' ', o.given_name, o.family_name),
                coalesce(f.phone_e164 = o.phone_e164, false),
                coalesce(f.email <> o.email, false)
            from pair p join lead f on f.id = p.id join lead o on o.id = p.older
            order by p.id, p.older
            """
        ),
        {"ids": list(lead_ids)},
    )
    return [Pair(*row) for row in found]


def close_duplicates(
    session: Session, duplicates: Mapping[int, int], *, by: str, at: datetime
) -> list[int]:
    """Close those of the leads that wait, as duplicates of an older one; return them.

    Their touches are told of the older lead too, which then waits for qualification again if it is
    in nurture. Leads that are in a hand-off or further are left to whoever has them.
    """
    if not duplicates:
        return []
    closed = session.execute(
        text(
            """
            with pair as (
                select * from unnest(cast(:ids as bigint[]), cast(:older as bigint[]))
                    as p (id, older)),
            closing as (
                select l.id, l.status, l.place, p.older from lead l join pair p on p.id = l.id
                where l.place = 'waiting' order by l.id for update of l),
            told as (
                insert into status_change
                    (lead_id, from_status, to_status, from_place, to_place, reason, "by", at)
                select id, status, status, place, 'closed', 'duplicate of lead ' || older, :by, :at
                from closing),
            copied as (
                insert into touch (lead_id, kind, at, detail)
                select c.older, t.kind, t.at, t.detail
                from touch t join closing c on c.id = t.lead_id on conflict do nothing)
            update lead set place = 'closed', place_reason = 'duplicate of lead ' || c.older,
                duplicate_of = c.older, check_in_on = null
            from closing c where lead.id = c.id returning lead.id
            """
        ),
        {"ids": list(duplicates), "older": list(duplicates.values()), "by": by, "at": at},
    )
    return sorted(closed.scalars())
