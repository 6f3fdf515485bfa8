"""The funnel's figures as artifacts that anyone who may see the runs can read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from baton import runtime
from baton.rulebook.quota_report import quota_report
from baton.rulebook.quota_telling import quota_markdown, title_of
from baton.store.reports import funnel_report, report_tables


@flow
def report(days: int = 30) -> dict[str, Any]:
    """Write acceptance, speed to lead, conversion, reasons and promises, kept and of the month.

    Args:
        days: How far back from now the period begins.

    Returns:
        The same figures as plain data; aggregates, never a person's.
    """
    now = runtime.current().clock.now()
    with runtime.current().transaction() as session:
        figures = funnel_report(session, since=now - timedelta(days=days), until=now)
    for name, table in report_tables(figures).items():
        create_table_artifact(
            table=table, key=f"funnel-{name}", description=f"{name}, last {days} days"
        )
    with runtime.current().transaction() as session:
        quota = quota_report(session, as_of=now)
    if quota is not None:
        create_markdown_artifact(quota_markdown(quota), key="quota", description=title_of(quota))
    return figures.model_dump(mode="json") | {"quota": quota and quota.model_dump(mode="json")}
