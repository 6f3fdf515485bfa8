"""Deploying the flows of prefect.yaml to the server that this process talks to."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule
from prefect.exceptions import ObjectNotFound
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from baton.engine.worker import POOL, BatonWorker
from baton.packaged import deployments_file


def load_flows() -> None:
    """Import every flow of prefect.yaml, so that later uses find it loaded.

    Raises:
        ScriptError: A flow cannot be imported.
    """
    for one in _written():
        load_flow_from_entrypoint(one["entrypoint"], use_placeholder_flow=False)


def _written() -> list[dict[str, Any]]:
    written: dict[str, Any] = yaml.safe_load(deployments_file().read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = written["deployments"]
    return found


def deploy(*, scheduled: Collection[str] | None = None) -> list[uuid.UUID]:
    """Create the work pool and every deployment, or bring them up to date.

    Args:
        scheduled: Deployments whose schedules are active; all of them unless given.
    """
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(POOL)
        except ObjectNotFound:
            client.create_work_pool(
                WorkPoolCreate(
                    name=POOL,
                    type=BatonWorker.type,
                    base_job_template=BatonWorker.get_default_base_job_template(),
                )
            )
        return [_deploy_one(client, one, scheduled) for one in _written()]


def _deploy_one(client: Any, one: dict[str, Any], scheduled: Collection[str] | None) -> uuid.UUID:
    flow: Flow[..., Any] = load_flow_from_entrypoint(one["entrypoint"], use_placeholder_flow=False)
    limit = one.get("concurrency_limit") or {}
    created: uuid.UUID = client.create_deployment(
        flow_id=client.create_flow(flow),
        name=one["name"],
        entrypoint=one["entrypoint"],
        description=one["description"],
        work_pool_name=POOL,
        parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
        concurrency_limit=limit.get("limit"),
        concurrency_options=_options(limit),
        schedules=[
            DeploymentScheduleCreate(
                schedule=_schedule(written), active=scheduled is None or one["name"] in scheduled
            )
            for written in one.get("schedules", [])
        ],
    )
    return created


def _options(limit: dict[str, Any]) -> Any:
    if not limit:
        return None
    return ConcurrencyLimitConfig(**limit).model_dump(include={"collision_strategy"})


def _schedule(written: dict[str, Any]) -> CronSchedule | IntervalSchedule:
    if "cron" in written:
        return CronSchedule(cron=written["cron"], timezone=written["timezone"])
    return IntervalSchedule(interval=timedelta(seconds=written["interval"]))
