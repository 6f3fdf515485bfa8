from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from baton.rulebook.schema import agreement_schema
from tests.rulebook.documents import content

RULES = Path(__file__).parents[2] / "rules" / "agreement.yaml"


def complaints(data: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(agreement_schema()).iter_errors(data)]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(agreement_schema())


def test_agreements_that_load_pass_the_schema() -> None:
    assert complaints(content()) == []
    assert complaints(yaml.safe_load(RULES.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("aproval",), {"when": "never"}),
        (("approval", "when"), "seldom"),
        (("scoring", "warmth", 0, "half_life_days"), 0),
        (("sales_qualified",), []),
        (("facts", 0, "type"), "date"),
        (("promises", "step", "within_minutes"), "soon"),
    ],
)
def test_a_form_that_the_loader_refuses_the_schema_refuses(
    keys: tuple[str | int, ...], value: Any
) -> None:
    data: Any = content()
    inner = data
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    assert len(complaints(data)) == 1


def described(schema: Any) -> Iterator[tuple[str, bool]]:
    parts = {"": schema, **schema["$defs"]}
    for part, definition in parts.items():
        for name, field in definition.get("properties", {}).items():
            yield f"{part}.{name}", bool(field.get("description"))


def test_every_field_is_described() -> None:
    found = dict(described(agreement_schema()))
    assert len(found) > 40
    assert [name for name, is_told in found.items() if not is_told] == []
