"""Who has an account: its own owner, the owner of an open opportunity there, or the parent's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

# As deep as groups of companies are asked; a circle of parents ends there too.
_DEEPEST: Final = 8


def owner_sql(account: str) -> str:
    """Return the query for the owner of the account that the expression names.

    The nearest account comes first, and within one the opportunity before the account.
    """
    return f"""
        with recursive line as (
            select a.id, a.parent_id, a.opportunity_owner_id, a.owner_id, 0 as steps
            from account a where a.id = {account}
            union all
            select a.id, a.parent_id, a.opportunity_owner_id, a.owner_id, line.steps + 1
            from line join account a on a.id = line.parent_id where line.steps < {_DEEPEST})
        select r.id, r.email, line.steps, had.is_account
        from line cross join lateral (values
            (line.opportunity_owner_id, false), (line.owner_id, true)) had (rep_id, is_account)
        join rep r on r.id = had.rep_id and r.is_active and r.role = 'AE'
        order by line.steps, had.is_account limit 1
    """  # noqa: S608 (expressions of ours)


_OF_ACCOUNT = text(owner_sql("cast(:id as bigint)"))
_OF_LEAD = text(owner_sql("(select l.account_id from lead l where l.id = :id)"))


@dataclass(frozen=True, slots=True)
class AccountOwner:
    """Who has an account; `owns` says what of it, such as "the lead's account"."""

    rep_id: int
    email: str
    owns: str


def owner_of_account(session: Session, account_id: int) -> AccountOwner | None:
    """Return the active AE who has the account; None if nobody does.

    Whoever works on an open opportunity goes before the account's owner, and both before those of
    the parent.
    """
    return owner_in(session.execute(_OF_ACCOUNT, {"id": account_id}).mappings().one_or_none())


def owner_for_lead(session: Session, lead_id: int) -> AccountOwner | None:
    """Return the active AE who has the lead's account, likewise."""
    return owner_in(session.execute(_OF_LEAD, {"id": lead_id}).mappings().one_or_none())


def owner_in(row: RowMapping | None) -> AccountOwner | None:
    """Return the owner in a row with the columns of `owner_sql`; None if nobody is in it."""
    if row is None or row["id"] is None:
        return None
    what = "account" if row["is_account"] else "open opportunity"
    is_near = row["steps"] == 0
    owns = f"the lead's {what}" if is_near else f"the {what} of the lead's parent company"
    return AccountOwner(row["id"], row["email"], owns)
