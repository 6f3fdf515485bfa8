"""Where the statement's facts come from: the live tables, or what decisions kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from baton.rulebook.columns import DID, counted_touches, did_counts
from baton.rulebook.fragments import AS_OF, named
from baton.rulebook.rules import Rules

# The leads in `:lead_ids` and their touches. The ids come out of a query, because the server weighs
# each one that it can see.
GIVEN = (
    "l.id = any (array(select unnest(cast(:lead_ids as bigint[]))))",
    "w.lead_id = any (array(select unnest(cast(:lead_ids as bigint[]))))",
)

_ACCOUNTS = "left join account a on a.id = l.account_id"
# A few thousand look-ups take less than going through all accounts.
_EACH_ACCOUNT = """left join lateral (
        select * from account a where a.id = l.account_id offset 0
    ) a on true"""


def live_facts(
    rules: Rules, leads: str, touches: str, *, with_did: bool = True, are_few: bool = False
) -> str:
    """Return `f`, the facts of the chosen leads as they are, with one pass over their touches.

    Args:
        rules: Whose facts.
        leads: Which leads, as a condition on `l`.
        touches: Whose touches, as a condition on `w`; those of other leads do no harm.
        with_did: Whether `f` has what the reasons of the warmth rules need. Without it touches are
            looked at only if a fact counts them.
        are_few: Whether the leads are few among all.

    Most leads have no answers and no columns of their own; NULL is passed over much faster than
    an empty object is searched for each fact.
    """
    counts = (*rules.counts, *(rules.did if with_did else ()))
    counted = counted_touches(counts, f"touch w where {touches} and w.at <= {AS_OF}")
    reasons = f"{did(rules, 't')}," if with_did else ""
    facts = ",\n        ".join(f"{c.live} as {named(c.key)}" for c in rules.columns)
    return f"""{f"{counted}," if counts else ""}
f as (
    select l.id as lead_id, {reasons}
        {facts}
    from (
        select l.*, nullif(l.answers, '{{}}') as told, nullif(l.custom, '{{}}') as imported,
            lower(split_part(l.email, '@', 1)) as mail_name,
            lower(split_part(l.email, '@', 2)) as mail_domain
        from lead l where {leads} order by l.id offset 0
    ) l
    {_EACH_ACCOUNT if are_few else _ACCOUNTS}
    {"left join t on t.lead_id = l.id" if counts else ""}
    offset 0
)"""  # noqa: S608


def did(rules: Rules, source: str) -> str:
    """Return `DID` out of the counts in `source`: a list each, in the order of the warmth rules."""
    times, last = zip(*(did_counts(rule) for rule in rules.agreement.scoring.warmth), strict=True)
    counted = ", ".join(f"nullif({source}.{named(one.name)}, 0)" for one in times)
    latest = ", ".join(f"{source}.{named(one.name)}" for one in last)
    return (
        f"cast(array[{counted}] as bigint[]) as {DID[0]}, "
        f"cast(array[{latest}] as timestamptz[]) as {DID[1]}"
    )


def times(rules: Rules, as_of: datetime) -> Mapping[str, Any]:
    """Return the statement's parameters that are instants.

    Args:
        rules: Which windows it counts in.
        as_of: Aware UTC instant of the judgement.
    """
    days = {count.days for count in rules.counts if count.days}
    # Hours, not calendar days: a day's length is a matter of the session's time zone.
    instant = {"as_of": as_of, "epoch": as_of.timestamp()}
    return instant | {f"since_{n}": as_of - timedelta(hours=24 * n) for n in days}
