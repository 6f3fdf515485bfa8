"""What Prefect's page does when somebody fills in the form of a suspended run and sends it."""

from __future__ import annotations

import httpx

from baton.errors import EngineUnavailableError, RefusedError


def resume_with_form(api_url: str, flow_run_id: str, run_input: dict[str, str]) -> None:
    """Resume the run with the form's fields: the same call that Prefect's page makes.

    Args:
        api_url: Prefect's API, ending in `/api`.
        flow_run_id: The suspended run.
        run_input: The form's fields.

    Raises:
        EngineUnavailableError: Prefect does not answer.
        RefusedError: The run does not sleep, or the form is not filled in rightly.
    """
    url = f"{api_url.rstrip('/')}/flow_runs/{flow_run_id}/resume"
    try:
        response = httpx.post(url, json={"run_input": run_input}, timeout=30, trust_env=False)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise EngineUnavailableError(f"Prefect did not resume run {flow_run_id}: {error!r}.") from (
            error
        )
    answer = response.json()
    if answer["status"] != "ACCEPT":
        raise RefusedError(f"Prefect refused to resume run {flow_run_id}: {answer['details']}")


def quick_run(api_url: str, deployment: str) -> None:
    """Run a deployment now with its own parameters: Prefect's "Quick run".

    Args:
        api_url: Prefect's API, ending in `/api`.
        deployment: Flow and deployment name, such as `qualify/qualify`.

    Raises:
        EngineUnavailableError: Prefect does not answer, or has no such deployment.
    """
    base = f"{api_url.rstrip('/')}/deployments"
    try:
        found = httpx.get(f"{base}/name/{deployment}", timeout=30, trust_env=False)
        found.raise_for_status()
        url = f"{base}/{found.json()['id']}/create_flow_run"
        httpx.post(url, json={}, timeout=30, trust_env=False).raise_for_status()
    except httpx.HTTPError as error:
        raise EngineUnavailableError(f"Prefect did not run {deployment}: {error!r}.") from error
