"""`baton report sla`: the promises of a period."""

from __future__ import annotations

from datetime import UTC, datetime

from baton.runtime import Runtime
from baton.store.month_promises import begin_month
from tests.cli.conftest import Run
from tests.factories import make_agreement


def test_the_promises_of_a_period_are_a_table_and_data(baton: Run, runtime: Runtime) -> None:
    at = datetime(2025, 2, 10, tzinfo=UTC)
    with runtime.transaction() as session:
        assert begin_month(session, make_agreement(session).id, 5, at=at)
        assert not begin_month(session, make_agreement(session).id, 9, at=at)
    period = ("--since", "2025-02-01", "--until", "2025-02-20")
    (month,) = baton("report", "sla", *period, "--json").data["promises"]
    assert (month["sla"], month["team"], month["open"]) == ("quota", "marketing", 1)
    assert "Sales-qualified leads a month" in baton("report", "sla", *period).out
    assert baton("report", "sla", "--since", "2025-02-20", "--until", "2025-02-20").code != 0
