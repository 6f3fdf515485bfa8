"""Who has an account: its own owner, the owner of an open opportunity there, or the parent's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

# As deep as groups of companies are asked; a circle of parents ends there too.
_DEEPEST: Final = 8
# The nearest account first; within one, the opportunity before the account. Of one `account`.
_OWNER = text(f"""
    with recursive line as (
        select a.id, a.parent_id, a.opportunity_owner_id, a.owner_id, 0 as steps
        from account a where a.id = :account
        union all
        select a.id, a.parent_id, a.opportunity_owner_id, a.owner_id, line.steps + 1
        from line join account a on a.id = line.parent_id where line.steps < {_DEEPEST})
    select r.id, r.email, line.steps, had.is_account
    from line cross join lateral (values
        (line.opportunity_owner_id, false), (line.owner_id, true)) had (rep_id, is_account)
    join rep r on r.id = had.rep_id and r.is_active and r.role = 'AE'
    order by line.steps, had.is_account limit 1
""")  # noqa: S608 (a constant)


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
    row = session.execute(_OWNER, {"account": account_id}).one_or_none()
    if row is None:
        return None
    rep_id, email, steps, is_account = row
    what = "account" if is_account else "open opportunity"
    owns = f"the lead's {what}" if steps == 0 else f"the {what} of the lead's parent company"
    return AccountOwner(rep_id, email, owns)
