from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Engine, make_url, text

from baton.domain.verdict import Evaluation, Qualification, Verdict
from baton.errors import PermanentError
from baton.store.database import connect
from benchmarks.groups import figures_of
from benchmarks.plan import Plan
from benchmarks.rulebook import handwritten, product, row_engine
from benchmarks.rulebook.full_run import peak_mb
from benchmarks.rulebook.population import AS_OF, populate
from benchmarks.rulebook.prepared import Ground, ground

LEADS = 1000
TARGETS = {
    "rulebook.full_vs_handwritten": "<= 1.5",
    "rulebook.full_peak_mb": "<= 300",
    "rulebook.incremental_share": "<= 0.05",
    "rulebook.single_lead_ms": "<= 10",
    "rulebook.backtest_s": "<= 30",
    "rulebook.backtest_vs_evaluation": "<= 3",
    "rulebook.vs_row_engine": ">= 20",
}


def plan_on(server_url: str, *, leads: int = LEADS, keeps_data: bool) -> Plan:
    return Plan(server_url, leads, keeps_data=keeps_data, console=Console(stderr=True))


@pytest.fixture(scope="module")
def here(server_url: str) -> Iterator[Ground]:
    """A thousand leads and the agreement that decides; a copy that goes away."""
    with ground(plan_on(server_url, keeps_data=True)) as made:
        yield made


def rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_the_same_numbers_give_the_same_leads_and_touches(here: Ground, database: Engine) -> None:
    populate(database, leads=LEADS, touches=10 * LEADS)
    for query in (
        "select * from lead order by id",
        "select * from account order by id",
        "select lead_id, kind, at from touch order by 1, 2, 3",
    ):
        assert rows(here.engine, query) == rows(database, query)


def test_leads_are_skewed_as_real_ones_are(here: Ground) -> None:
    query = "select count(*) from touch group by lead_id order by 1 desc"
    busy = [touches for (touches,) in rows(here.engine, query)]
    assert sum(busy[: LEADS // 100]) > 0.1 * sum(busy)
    assert busy[0] > 5 * busy[LEADS // 2]
    ((unknown,),) = rows(here.engine, "select avg((title is null)::int) from lead")
    assert 0.2 < unknown < 0.4


def test_a_kept_database_is_not_changed_by_a_run(here: Ground, server_url: str) -> None:
    product.judge_some(*here.by, [1, 2, 3], as_of=AS_OF)
    url = make_url(here.url)
    kept = connect(url.set(database=str(url.database).removesuffix("_run")).render_as_string(False))
    assert rows(kept, f"select from ({product.DECISIONS}) d") == []
    kept.dispose()
    assert len(rows(here.engine, f"select from ({product.DECISIONS}) d")) == 3


def test_the_handwritten_query_decides_as_baton_does(here: Ground) -> None:
    product.forget(here.engine)
    assert product.judge_everyone(here.engine, LEADS, as_of=AS_OF) == LEADS
    assert handwritten.decide(here.engine, as_of=AS_OF) == LEADS
    handwritten.refuse_difference(here.engine, product.DECISIONS, as_of=AS_OF)
    decided = rows(here.engine, f"select distinct decision from ({product.DECISIONS}) d")
    assert {decision for (decision,) in decided} >= {"needs_answers", "not_qualified"}


def test_a_decision_that_differs_is_refused_and_names_the_lead(here: Ground) -> None:
    wrong = f"""
        select lead_id, case when lead_id = 7 then 'elsewhere' else decision end as decision
        from ({handwritten.QUERY.replace("%(as_of)s", f"timestamptz '{AS_OF}'")}) d
        where lead_id <> 9
    """
    with pytest.raises(PermanentError, match=r"lead 7: elsewhere, not \w+; lead 9: nothing"):
        handwritten.refuse_difference(here.engine, wrong, as_of=AS_OF)


def test_the_row_engine_says_of_every_lead_what_baton_says(here: Ground) -> None:
    judged = list(product.evaluate_some(*here.by, range(1, 301), as_of=AS_OF))
    assert row_engine.leads_per_second(judged) > 0


def with_points(judged: Evaluation) -> Evaluation:
    first, *others = judged.points
    return replace(judged, points=(replace(first, points=first.points + 1), *others))


def with_verdict(judged: Evaluation) -> Evaluation:
    first, *others = judged.criteria
    other = next(verdict for verdict in Verdict if verdict is not first.verdict)
    return replace(judged, criteria=(replace(first, verdict=other), *others))


@pytest.mark.parametrize(
    "altered",
    [
        lambda judged: replace(judged, qualification=Qualification.NEEDS_ANSWERS),
        lambda judged: replace(judged, warmth_points=judged.warmth_points + 0.1),
        with_points,
        with_verdict,
    ],
    ids=["decision", "score", "points", "verdict"],
)
def test_a_lead_that_the_row_engine_judges_otherwise_is_named(
    here: Ground, altered: Callable[[Evaluation], Evaluation]
) -> None:
    (judged,) = product.evaluate_some(*here.by, [11], as_of=AS_OF)
    with pytest.raises(PermanentError, match="lead 11"):
        row_engine.leads_per_second([altered(judged)])


def test_the_peak_of_memory_is_the_most_that_was_held() -> None:
    before = peak_mb()
    held = bytearray(80_000_000)
    held[::4096] = b"x" * len(held[::4096])
    del held
    assert peak_mb() > before + 40


def test_the_group_measures_what_was_promised(server_url: str) -> None:
    measured = figures_of("rulebook", plan_on(server_url, leads=1100, keeps_data=False))
    assert {f.name: f.target for f in measured if f.target} == TARGETS
    assert all(figure.value > 0 for figure in measured)
