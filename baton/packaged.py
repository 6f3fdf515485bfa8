"""Files that the package brings along: inside a wheel, or at the root of a checkout."""

from __future__ import annotations

from pathlib import Path


def default_rules() -> Path:
    """Return the folder of the rules that every installation begins with."""
    return _packaged("default_rules", "rules")


def deployments_file() -> Path:
    """Return prefect.yaml: what runs where and when."""
    return _packaged("default_prefect.yaml", "prefect.yaml")


def _packaged(in_wheel: str, in_checkout: str) -> Path:
    package = Path(__file__).parent
    installed = package / in_wheel
    return installed if installed.exists() else package.parent / in_checkout
