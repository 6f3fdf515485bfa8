from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton import runtime as composition
from baton.domain.clock import SetClock
from baton.runtime import Runtime
from baton.store.agreements import activate
from flows.report import report
from flows.review_rejections import review_rejections
from tests.desk.rooms import make_runtime
from tests.desk.stories import signed_version
from tests.factories import make_returned, make_transferred


@pytest.fixture(scope="module")
def prefect() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture
def runtime(database: Engine, tmp_path: Path) -> Iterator[Runtime]:
    made = make_runtime(database, tmp_path)
    assert isinstance(made.clock, SetClock)
    composition.use(made)
    yield made
    composition.use(None)


def artifacts() -> dict[str, str]:
    async def read() -> dict[str, str]:
        async with get_client() as client:
            found = await client.read_latest_artifacts()
            return {str(a.key): str(a.data) for a in found}

    return asyncio.run(read())


def test_the_report_becomes_artifacts_without_persons(
    prefect: None, runtime: Runtime, database: Engine
) -> None:
    at = runtime.clock.now() - timedelta(days=5)
    with Session(database) as session, session.begin():
        activate(session, signed_version(session), by="Mo", at=at)
        make_transferred(session, at=at)
        make_returned(session, at=at, feedback="Sam said no")
    figures = report(days=30)
    assert figures["acceptance_ratio"] == 0.5
    written = artifacts()
    assert set(written) == {
        "funnel-summary",
        "funnel-hand-offs",
        "funnel-sources",
        "funnel-rejections",
        "funnel-promises",
        "quota",
    }
    assert figures["quota"]["promised"] == 60
    assert "| promised by marketing | 60 sales-qualified leads |" in written["quota"]
    assert "decides" in written["funnel-rejections"]
    assert not any("Sam" in data or "@" in data for data in written.values())


def test_last_months_rejections_are_drawn_by_the_agreed_share(
    prefect: None, runtime: Runtime, database: Engine
) -> None:
    last_month = runtime.clock.now().replace(day=1) - timedelta(days=9)
    with Session(database) as session, session.begin():
        rejected = {str(make_returned(session, at=last_month).id) for _ in range(6)}
    drawn = review_rejections(seed=5)
    assert len(drawn) == 3
    assert set(drawn) <= rejected
    assert review_rejections(period=f"{last_month:%Y-%m}", seed=6) == drawn
