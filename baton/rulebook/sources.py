"""Where the statement's facts come from: the live tables, or what decisions kept."""

from __future__ import annotations

from collections.abc import Mapping

from baton.rulebook.agreement import FactType
from baton.rulebook.columns import ANSWERED, DID, STATUS
from baton.rulebook.doings import Asked, by_kind, by_lead
from baton.rulebook.fragments import AS_OF, named, told
from baton.rulebook.points import SUMS
from baton.rulebook.rules import Rules, counts_of
from baton.rulebook.targets import TITLE, TITLE_WORDS, words_of

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
        with_did: Whether `f` has what the leads did, with points. Without it touches are looked at
            only if a fact counts them.
        are_few: Whether the leads are few among all.

    Most leads have no answers and no columns of their own; NULL is passed over much faster than
    an empty object is searched for each fact.
    """
    asked = Asked(rules.agreement.scoring.warmth if with_did else (), counts_of(rules.columns))
    did = ""
    if asked:
        counted = by_kind(asked, f"touch w where {touches} and w.at <= {AS_OF}")
        did = f"{by_lead(asked, counted)},"
    columns = ["l.id as lead_id", f"l.status as {STATUS}"]
    columns += [did_columns("t")] if with_did else []
    told_words = words_of(told(FactType.TEXT, TITLE))
    columns += seen(
        rules,
        {column.key: column.live for column in rules.columns},
        title_words=f"coalesce({told_words}, l.title_words)",
        is_answered="l.told is not null",
    )
    facts = ",\n        ".join(columns)
    return f"""{did}
f as (
    select {facts}
    from (
        select l.*, nullif(l.answers, '{{}}') as told, nullif(l.custom, '{{}}') as imported
        from lead l where {leads} order by l.id offset 0
    ) l
    {_EACH_ACCOUNT if are_few else _ACCOUNTS}
    {"left join t on t.lead_id = l.id" if asked else ""}
    offset 0
)"""  # noqa: S608


def seen(
    rules: Rules, values: Mapping[str, str], *, title_words: str, is_answered: str
) -> list[str]:
    """Return the columns of `f` that are facts, `ANSWERED`, and what personas make of the title.

    Args:
        rules: Whose facts.
        values: SQL for each, by its key.
        title_words: SQL for the title's words.
        is_answered: SQL that is true if the SDR may have said anything of the criteria.
    """
    answers = [column.key for column in rules.columns if column.is_answer]
    columns = [f"{sql} as {named(key)}" for key, sql in values.items() if key not in answers]
    if answers:
        said = ", ".join(values[key] for key in answers)
        said = f"case when {is_answered} then cast(array[{said}] as boolean[]) end"
        columns.append(f"{said} as {ANSWERED}")
    if TITLE in values and rules.agreement.personas:
        columns.append(f"{title_words} as {TITLE_WORDS}")
    return columns


def did_columns(source: str) -> str:
    """Return what `source`, a `t` of `by_lead`, has of each lead, for one that did nothing too."""
    sums = (f"coalesce({source}.{name}, 0) as {name}" for name in SUMS)
    return ", ".join((f"coalesce({source}.{DID}, '{{}}') as {DID}", *sums))
