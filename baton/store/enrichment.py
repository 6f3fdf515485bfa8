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
    "account_why",
)


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account that is looked up by its name."""

    key: str
    id: int
    name: str
    domain: str
    country: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """A lead as others are compared with it; `has_opted_out` by whichever address."""

    given_name: str | None
    family_name: str | None
    email: str | None
    phone_e164: str | None
    company: str | None
    domain: str | None
    title: str | None
    country: str | None
    place: str
    has_opted_out: bool


def upsert_accounts(session: Session, companies: Sequence[Json]) -> dict[str, int]:
    """Make or complete accounts; return their ids by domain. What an account knows, it keeps.

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
            returning domain, id
            """
        ),
        {"rows": as_rows(companies)},
    )
    return {domain: id_ for domain, id_ in found}  # noqa: C416 (rows, which dict() is not typed for)


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


def accounts_without_key(session: Session, *, limit: int) -> list[tuple[int, str, str]]:
    """Return id, name and domain of accounts that cannot be looked up by name yet, locked."""
    found = session.execute(
        text(
            "select id, name, domain from account where name_key is null"
            " order by id limit :limit for no key update skip locked"
        ),
        {"limit": limit},
    )
    return [(id_, name, domain) for id_, name, domain in found]


def write_keys(session: Session, keys: Mapping[int, str]) -> None:
    """Keep by what accounts are looked up, by their id."""
    session.execute(
        text(
            "update account a set name_key = k.key"
            " from unnest(cast(:ids as bigint[]), cast(:keys as text[])) as k (id, key)"
            " where a.id = k.id"
        ),
        {"ids": list(keys), "keys": list(keys.values())},
    )


def accounts_by_key(session: Session, keys: Iterable[str]) -> list[NamedAccount]:
    """Return the accounts with these keys, by id."""
    found = session.execute(
        text(
            "select name_key, id, name, domain, country from account"
            " where name_key = any(:keys) order by id"
        ),
        {"keys": sorted(keys)},
    )
    return [NamedAccount(*row) for row in found]


def possible_duplicates(session: Session, lead_ids: Iterable[int]) -> list[tuple[int, int]]:
    """Return pairs (lead, older lead) that may be one person, in their order.

    Leads of one account are only compared if they have one family name, or both initials agree, in
    whichever order: a large company has more pairs than anybody can look at.
    """
    found = session.execute(
        text(
            """
            with fresh as materialized (
                select *, left(lower(given_name), 1) as given, left(lower(family_name), 1) as family
                from lead where id = any(:ids) and duplicate_of is null)
            select f.id, o.id from fresh f join lead o
                on o.phone_e164 = f.phone_e164 and o.id < f.id and o.duplicate_of is null
            union
            select f.id, o.id from fresh f join lead o
                on o.account_id = f.account_id and o.id < f.id and o.duplicate_of is null
                and (lower(o.family_name) = lower(f.family_name)
                     or (left(lower(o.family_name), 1), left(lower(o.given_name), 1))
                         in ((f.family, f.given), (f.given, f.family))
                     or (num_nulls(f.family, f.given, o.family_name, o.given_name) > 0
                         and (left(lower(o.family_name), 1) in (f.family, f.given)
                              or left(lower(o.given_name), 1) in (f.family, f.given))))
            order by 1, 2
            """
        ),
        {"ids": list(lead_ids)},
    )
    return [(lead, older) for lead, older in found]


def known_leads(session: Session, lead_ids: Iterable[int]) -> dict[int, Known]:
    """Return the leads as they are compared, by id."""
    found = session.execute(
        text(
            """
            select id, given_name, family_name, email, phone_e164, company, domain, title, country,
                place, exists (
                    select from opt_out o where o.address in (lead.email, lead.phone_e164))
            from lead where id = any(:ids)
            """
        ),
        {"ids": list(lead_ids)},
    )
    return {id_: Known(*values) for id_, *values in found}
