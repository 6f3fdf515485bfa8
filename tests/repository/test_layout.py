from __future__ import annotations

import ast
import importlib.metadata
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.flows import Flow, load_flow_from_entrypoint

from tests.repository.checkout import ROOT, files

FLOW_FILES = sorted((ROOT / "flows").glob("*.py"))
FLOWS = [path for path in FLOW_FILES if path.name != "__init__.py"]
DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load((ROOT / "prefect.yaml").read_text())[
    "deployments"
]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda one: str(one["name"]))
def test_every_deployment_loads_the_flow_that_it_names(deployment: dict[str, Any]) -> None:
    # `prefect deploy` exits 0 for a flow that cannot be imported; only this shows it.
    flow: object = load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)
    assert isinstance(flow, Flow)
    assert flow.name == deployment["name"]


def test_every_flow_has_a_deployment() -> None:
    assert {one["entrypoint"].rpartition(".")[0] for one in DEPLOYMENTS} == {
        f"flows.{path.stem}" for path in FLOWS
    }


def test_no_flow_file_is_named_like_something_else_that_is_imported() -> None:
    # Loaded as a file, it would shadow the other one: its folder comes first on the path then.
    roots = {"baton", "flows", "tasks", "tests", "rules"}
    installed = set(importlib.metadata.packages_distributions())
    assert not {path.stem for path in FLOWS} & (roots | installed | sys.stdlib_module_names)


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_a_flow_file_holds_imports_and_flows_only(path: Path) -> None:
    # A class would exist twice if the file were loaded twice, under two names.
    allowed = (ast.Import, ast.ImportFrom)
    for node in ast.parse(path.read_text(encoding="utf-8")).body[1:]:
        is_flow = isinstance(node, ast.FunctionDef) and any(
            ast.unparse(decorator).partition("(")[0] == "flow" for decorator in node.decorator_list
        )
        assert is_flow or isinstance(node, allowed), ast.unparse(node)


@pytest.mark.parametrize("path", FLOW_FILES, ids=lambda path: path.stem)
def test_a_flow_file_imports_absolutely(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level]


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in files() if path.parts[0] == "tests" and path.suffix == ".py"}
    assert not [folder for folder in folders if not (ROOT / folder / "__init__.py").is_file()]


def test_every_stage_with_a_gate_is_a_stage_of_the_flow_or_the_batch() -> None:
    gates = {path.stem for path in (ROOT / "rules" / "quality").glob("*.yaml")}
    stages = {path.stem for path in (ROOT / "tasks").glob("*.py")}
    assert gates - stages <= {"qualify"}
