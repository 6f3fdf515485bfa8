"""What an agreement's conditions say of the leads that are there: those that separate nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.rulebook.agreement import Agreement
from baton.rulebook.document import Keys
from baton.rulebook.finding import Finding
from baton.rulebook.statement import compile_agreement

MOST_LEADS = 10_000
FEWEST_LEADS = 20


def doubts_on_data(session: Session, agreement: Agreement, *, as_of: datetime) -> list[Finding]:
    """Return the conditions that are true, or unknown, of every one of the latest leads.

    Args:
        session: Reads; nothing is written.
        agreement: It need not be stored.
        as_of: Aware UTC instant to which touches are counted.

    Returns:
        Nothing where fewer than `FEWEST_LEADS` are there: that says nothing of a condition.
    """
    lead_ids = list(
        session.scalars(
            text("select id from lead order by id desc limit :most"), {"most": MOST_LEADS}
        )
    )
    if len(lead_ids) < FEWEST_LEADS:
        return []
    conditions = list(_conditions(agreement))
    counts = ", ".join(
        f"count(*) filter (where {column}), count(*) filter (where {column} is null)"
        for _, column in conditions
    )
    statement = compile_agreement(agreement)
    # Nothing in here is a person's text: see the fragments' module.
    row = session.execute(
        text(f"select {counts} from ({statement.given}) as k"),  # noqa: S608
        {"lead_ids": lead_ids, "as_of": as_of},
    ).one()
    found = []
    for place, (keys, _) in enumerate(conditions):
        met, unknown = row[2 * place], row[2 * place + 1]
        if met == len(lead_ids):
            found.append(Finding(keys, f"true of all the latest {met} leads: it separates nobody"))
        elif unknown == len(lead_ids):
            found.append(
                Finding(
                    keys,
                    f"unknown for all the latest {unknown} leads: nothing that it reads is there",
                )
            )
    return found


def _conditions(agreement: Agreement) -> Iterator[tuple[Keys, str]]:
    fit = len(agreement.scoring.fit)
    for place in range(fit):
        yield ("scoring", "fit", place, "when"), f"verdicts[{place + 1}]"
    yield ("marketing_qualified", "met_when"), "is_marketing_qualified"
    for place in range(len(agreement.sales_qualified)):
        yield ("sales_qualified", place, "met_when"), f"verdicts[{fit + place + 1}]"
