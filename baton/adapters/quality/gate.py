"""The gates between the stages: which leads may go on, and why the others may not."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baton.adapters.quality.rules import Rule, read_folder

if TYPE_CHECKING:
    from baton.adapters.quality.validation import Validator


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row may not pass: the first expectation, in the file's order, that it fails.

    Attributes:
        expectation: Native type, such as `expect_column_values_to_not_be_null`.
        column: The column, or several joined by a comma.
        value: What stood there; several values in the columns' order.
        meaning: The rule's own words for people.
    """

    expectation: str
    column: str
    value: Any
    meaning: str

    @property
    def reason(self) -> str:
        """One line for the quarantine."""
        return f"{self.meaning} ({self.expectation})"


@dataclass(frozen=True, slots=True)
class GateResult:
    """What a gate said: every key is in exactly one of the two, `passed` in the rows' order."""

    passed: tuple[Any, ...]
    refused: dict[Any, Refusal]


class QualityGates:
    """The gates of a rules folder, read once; safe across threads.

    Great Expectations is imported at the first check of a stage that has rules, never before.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Judging takes long; who only asks which gates there are does not wait for it.
        self._reading = threading.Lock()
        self._judging = threading.Lock()
        self._rules: dict[str, tuple[Rule, ...]] | None = None
        self._validator: Validator | None = None

    def check_rules(self) -> dict[str, int]:
        """Read every file and return how many expectations each stage has.

        Raises:
            RulesError: A file is missing or wrong: file, line and remedy.
        """
        return {stage: len(rules) for stage, rules in self._read().items()}

    def has(self, stage: str) -> bool:
        """Return whether the stage has a gate with at least one expectation."""
        return bool(self._read().get(stage))

    def check(
        self, stage: str, rows: Sequence[Mapping[str, Any]], key: str = "lead_id"
    ) -> GateResult:
        """Judge each row by the stage's gate; a stage without one lets all pass.

        Args:
            stage: Names the file `<stage>.yaml`.
            rows: Flat rows with the columns of `baton.domain.gate_row`.
            key: The column that names a row; its values are unique.

        Raises:
            RulesError: A rule cannot be read, or cannot be evaluated on the values given.
        """
        rules = self._read().get(stage, ())
        if not rules or not rows:
            return GateResult(tuple(row[key] for row in rows), {})
        refused: dict[Any, Refusal] = {}
        for rule, positions in zip(rules, self._failures(stage, rules, rows), strict=True):
            for position in positions:
                row = rows[position]
                refused.setdefault(row[key], _refusal(rule, row))
        return GateResult(tuple(row[key] for row in rows if row[key] not in refused), refused)

    def _read(self) -> dict[str, tuple[Rule, ...]]:
        with self._reading:
            if self._rules is None:
                self._rules = read_folder(self._folder)
            return self._rules

    def _failures(
        self, stage: str, rules: Sequence[Rule], rows: Sequence[Mapping[str, Any]]
    ) -> list[list[int]]:
        with self._judging, warnings.catch_warnings():
            # The library warns of its own and of pandas' coming changes; nobody here can act.
            warnings.simplefilter("ignore")
            from baton.adapters.quality.validation import (  # noqa: PLC0415 (six seconds)
                ExpectationError,
                Validator,
            )

            if self._validator is None:
                self._validator = Validator(self._rules or {})
            try:
                return self._validator.failures(stage, rows, _columns(rules))
            except ExpectationError as error:
                rule = rules[error.position]
                raise rule.error(
                    f"{rule.expectation} cannot judge the values of {', '.join(rule.columns)}: "
                    f"{error}. Compare with values of the column's own kind."
                ) from error


def _columns(rules: Sequence[Rule]) -> list[str]:
    named = {column for rule in rules for column in rule.columns}
    return sorted(named | {rule.only_when.column for rule in rules if rule.only_when is not None})


def _refusal(rule: Rule, row: Mapping[str, Any]) -> Refusal:
    values = [row.get(column) for column in rule.columns]
    return Refusal(
        expectation=rule.expectation,
        column=", ".join(rule.columns),
        value=values[0] if len(values) == 1 else values,
        meaning=rule.meaning,
    )
