"""The one statement against a small, obvious judge in Python: random leads, random agreements.

10,000 leads, 31 agreements: one judges every lead, each of the others four hundred. That is 22,000
pairs, compared in points, verdicts, and all that follows from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from decimal import Context, localcontext
from random import Random
from typing import Any

from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from baton.domain.verdict import Evaluation, Qualification, Verdict
from baton.rulebook.evaluator import evaluate
from baton.rulebook.loading import agreement_from_content
from baton.store.tables import Account, Intake, Lead, Touch
from tests.rulebook.documents import NOW
from tests.rulebook.oracle import DAY, LEAD_TEXTS, TOLD, Agreed, Judged, Person, judge
from tests.rulebook.random_agreements import ANY_TEXT, KINDS, TEXTS, random_agreement

LEADS = 10_000
AGREEMENTS = 30
SHARE = 400
FLAGS = ("true", "No", "y", " 1", "off", "maybe", "", True, False, True, False, None)
COUNTS = ("3", " 2.5 ", "-1", "", "many", "1e3", "007", 0, 1, 6, 2.5, None, "1234567890.5", "40")
EVERY: tuple[tuple[str, Any], ...] = (
    *(("verdict", verdict.value) for verdict in Verdict),
    *(("group", verdict.value) for verdict in Verdict),
    *(("is", qualification.value) for qualification in Qualification),
    *((what, value) for what in ("hot", "marketing") for value in (True, False)),
)
AGES = (0, 1, 215, DAY // 2, DAY, 7 * DAY, 30 * DAY, 365 * DAY)


def somebody(dice: Random, number: int) -> Person:
    """Return a lead as messy as imports are."""
    fields = {name: written(dice, name) for name in (*LEAD_TEXTS, "country", "domain")}
    fields["email"] = address(dice, number)
    fields["phone_e164"] = dice.choice((None, "+4930123456"))
    asked = ("employees", "revenue_usd", "industry", "account_country", "country", "title", "needs")
    told = (*TOLD, *asked, "fleet_size", "segment", "is_partner", "mixed")
    criteria = {f"c-{place}": dice.choice(FLAGS) for place in dice.sample(range(7), 2)}
    imported = (*TOLD, "Fleet size", "segment", "Partner?", "mixed")
    return Person(
        fields=fields,
        account=company(dice) if dice.random() < 0.8 else None,
        answers={name: noted(dice, name) for name in told if dice.random() < 0.15} | criteria,
        custom={name: noted(dice, name) for name in imported if dice.random() < 0.6},
        happened=happened(dice),
    )


def written(dice: Random, name: str) -> str | None:
    if dice.random() < 0.25:
        return dice.choice((None, None, None, "", "   "))
    word = dice.choice(TEXTS.get(name, ANY_TEXT))
    return f" {word}  " if dice.random() < 0.1 else word


def address(dice: Random, number: int) -> str | None:
    """Return an address in small letters, as they are stored; a role's, or a free one, or not."""
    if number < 4:
        return f"{('info', 'sales')[number % 2]}@{('gmail.com', 'web.de')[number // 2]}"
    own = f"c{number}.example"
    domain = dice.choice((own, own, "gmail.com", "web.de"))
    name = dice.choice(("info", "sales", "kim")) if domain == own else f"kim{number}"
    return dice.choice((None, *[f"{name}@{domain}"] * 5))


def company(dice: Random) -> dict[str, Any]:
    return {
        "industry": written(dice, "industry"),
        "employees": dice.choice((None, 0, 1, 9, 10, 49, 50, 51, 250, 5000, 120_000)),
        "revenue_usd": dice.choice((None, 0, 99_999, 100_000, 5_000_000, 2_000_000_000)),
        "country": written(dice, "country"),
    }


def noted(dice: Random, name: str) -> Any:
    if name in ("employees", "revenue_usd", "fleet_size", "Fleet size", "starts_within_months"):
        return dice.choice(COUNTS)
    if name == "mixed":
        return dice.choice((*COUNTS, *FLAGS))
    return written(dice, name) if name in (*TEXTS, "needs") else dice.choice(FLAGS)


def happened(dice: Random) -> list[tuple[str, int]]:
    """Return touches at the edges of windows, in between, and some yet to come."""
    kinds = dice.sample(KINDS, dice.choice((1, 2, 4)))
    touches = set()
    for _ in range(dice.choice((0, 0, 1, 2, 4, 8, 16))):
        age = dice.choice(AGES) + dice.choice((-1, 0, 0, 1))
        if dice.random() < 0.5:
            age = dice.choice((-3600, dice.randrange(3 * DAY), dice.randrange(500 * DAY)))
        touches.add((dice.choice(kinds), age))
    return sorted(touches)


def store(engine: Engine, people: Sequence[Person]) -> dict[int, Person]:
    """Store the leads as sets, and return each by its id."""
    ids = range(1, len(people) + 1)
    by_id = dict(zip(ids, people, strict=True))
    with engine.begin() as connection:
        connection.execute(
            insert(Intake), [{"id": n, "source": "test", "key": f"{n}", "at": NOW} for n in ids]
        )
        connection.execute(
            insert(Account),
            [
                {"id": n, "domain": f"c{n}.example", "name": "C", **person.account}
                for n, person in by_id.items()
                if person.account is not None
            ],
        )
        connection.execute(insert(Lead), [row(n, person) for n, person in by_id.items()])
        connection.execute(
            insert(Touch),
            [
                {"lead_id": n, "kind": kind, "at": NOW - timedelta(seconds=age), "detail": ""}
                for n, person in by_id.items()
                for kind, age in person.happened
            ],
        )
        connection.exec_driver_sql("analyze")
    return by_id


def row(number: int, person: Person) -> dict[str, Any]:
    return {
        "id": number,
        "intake_id": number,
        "account_id": None if person.account is None else number,
        "answers": person.answers,
        "custom": person.custom,
        "created_at": NOW,
        "changed_at": NOW,
        **person.fields,
    }


def found(judged: Evaluation) -> Judged:
    """Return the part of an evaluation that the oracle knows."""
    return Judged(
        fit=judged.fit_points,
        warmth=judged.warmth_points,
        total=judged.total_points,
        points={points.id: points.points for points in judged.points if points.points},
        verdicts=[criterion.verdict.value for criterion in judged.criteria],
        groups=[group.verdict.value for group in judged.groups],
        qualification=judged.qualification.value,
        is_hot=judged.is_hot,
        is_marketing_qualified=judged.is_marketing_qualified,
    )


def compared(
    session: Session, people: dict[int, Person], lead_ids: list[int] | None, agreed: Agreed
) -> Collection[Judged]:
    """Return what was found of each of the leads; it is what the oracle says.

    The oracle's numbers have so many digits that nothing but a division is inexact.
    """
    agreement = agreement_from_content(agreed.content)
    judged = evaluate(session, 1, agreement, lead_ids=lead_ids, as_of=NOW)
    said = {one.lead_id: found(one) for one in judged}
    assert said.keys() == set(people if lead_ids is None else lead_ids)
    with localcontext(Context(prec=80)):
        for lead_id, one in said.items():
            assert one == judge(people[lead_id], agreed), (people[lead_id], agreed.content)
    return said.values()


def test_the_statement_agrees_with_the_oracle_on_random_leads_and_agreements(
    database: Engine,
) -> None:
    dice = Random(20260302)
    people = store(database, [somebody(dice, number) for number in range(LEADS)])
    seen: Counter[tuple[str, Any]] = Counter()
    with Session(database) as session:
        for seed in range(AGREEMENTS + 1):
            lead_ids = None if seed == 0 else dice.sample(sorted(people), SHARE)
            for said in compared(session, people, lead_ids, random_agreement(seed)):
                seen.update(("verdict", verdict) for verdict in said.verdicts)
                seen.update(("group", verdict) for verdict in said.groups)
                seen["is", said.qualification] += 1
                seen["hot", said.is_hot] += 1
                seen["marketing", said.is_marketing_qualified] += 1
    for outcome in EVERY:
        assert seen[outcome] > 500, (outcome, seen)
