"""Accounts as a file says they are: facts, who has them, and their parents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.store.intake import as_rows
from baton.store.tables import Json

Owning = Literal["owner_id", "opportunity_owner_id"]
_WRITE = text("""
    insert into account (domain, name, industry, employees, revenue_usd, country)
    select domain, coalesce(name, domain), industry, employees, revenue_usd, country
    from jsonb_populate_recordset(null::account, cast(:rows as jsonb)) order by domain
    on conflict (domain) do nothing
""")
_COMPLETE = text("""
    update account a set
        name = coalesce(r.name, a.name),
        name_key = case when r.name is null or r.name = a.name then a.name_key end,
        industry = coalesce(r.industry, a.industry),
        employees = coalesce(r.employees, a.employees),
        revenue_usd = coalesce(r.revenue_usd, a.revenue_usd),
        country = coalesce(r.country, a.country)
    from jsonb_populate_recordset(null::account, cast(:rows as jsonb)) r where a.domain = r.domain
""")
_REPS = {
    column: text(f"""
        update account a set {column} = r.rep_id
        from jsonb_to_recordset(cast(:rows as jsonb)) as r (domain text, rep_id bigint)
        where a.domain = r.domain
    """)  # noqa: S608 (columns of ours)
    for column in ("owner_id", "opportunity_owner_id")
}
_PARENTS = text("""
    update account a set parent_id = p.id
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (domain text, parent text)
    left join account p on p.domain = r.parent where a.domain = r.domain
""")
_CIRCLE = text("""
    with recursive line as (
        select a.id as first, a.parent_id, array[a.id] as seen from account a
        where a.parent_id is not null
        union all
        select line.first, a.parent_id, line.seen || a.id
        from line join account a on a.id = line.parent_id where not a.id = any(line.seen))
    select a.domain from line join account a on a.id = line.first
    where line.parent_id = line.first order by a.domain limit 1
""")


def write_accounts(session: Session, rows: Sequence[Json]) -> None:
    """Make accounts, or bring them to what is said of them; None says nothing.

    Args:
        session: Its transaction.
        rows: domain, name, industry, employees, revenue_usd and country.
    """
    values = {"rows": as_rows(rows)}
    session.execute(_WRITE, values)
    session.execute(_COMPLETE, values)


def set_reps(session: Session, column: Owning, reps: Mapping[str, int | None]) -> None:
    """Give accounts, by domain, to reps; None takes them away from whoever has them."""
    rows = as_rows({"domain": domain, "rep_id": rep} for domain, rep in reps.items())
    session.execute(_REPS[column], {"rows": rows})


def set_parents(session: Session, parents: Mapping[str, str | None]) -> None:
    """Give accounts, by domain, their parents, by domain; None for none."""
    rows = as_rows({"domain": domain, "parent": parent} for domain, parent in parents.items())
    session.execute(_PARENTS, {"rows": rows})


def circle_of_parents(session: Session) -> str | None:
    """Return the domain of an account that is above itself; None if there is none."""
    domain: str | None = session.scalar(_CIRCLE)
    return domain
