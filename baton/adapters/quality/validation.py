"""Great Expectations itself; imported by nothing but the gate, at its first use.

The import costs six seconds and 220 MB, so it is paid once, in a process that lives long.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import great_expectations as gx
import pandas as pd  # type: ignore[import-untyped]  # (it ships no types)
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.exceptions.exceptions import GreatExpectationsError
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.row_conditions import Column

from baton.adapters.quality.rules import OnlyWhen, Rule

# It reports on its own work at level INFO, which one of its modules sets for itself; nobody
# reads that here.
for noisy in ("great_expectations", "great_expectations.data_context.types.base"):
    logging.getLogger(noisy).setLevel(logging.WARNING)

_ROW: Final = "baton_row"
_POSITION: Final = "position"
_WHETHER: Final = {"result_format": "BOOLEAN_ONLY"}


class Validator:
    """Suites of native expectations over rows; one thread at a time."""

    def __init__(self, rules: Mapping[str, Sequence[Rule]]) -> None:
        """Build every stage's suite.

        Raises:
            RulesError: Great Expectations refuses a rule's arguments: file, line and reason.
        """
        self._context = gx.get_context(mode="ephemeral")
        self._context.enable_analytics(enable=False)
        self._context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = self._context.data_sources.add_pandas("leads")
        asset = source.add_dataframe_asset("rows")
        self._batch = asset.add_batch_definition_whole_dataframe("all")
        self._suites = {stage: self._suite(stage, of) for stage, of in rules.items()}

    def failures(
        self, stage: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]
    ) -> list[list[int]]:
        """Return, for each rule of the stage in order, the positions of all rows that fail it.

        Raises:
            ExpectationError: An expectation could not be evaluated on these values.
        """
        # Objects, so that a missing whole number does not turn its column into floats.
        frame = pd.DataFrame(
            {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in columns}
        )
        frame[_ROW] = range(len(rows))
        batch = self._batch.get_batch(batch_parameters={"dataframe": frame})
        suite = self._suites[stage]
        # One lead passes nearly always, and to ask only whether it does is half the work.
        if len(rows) == 1 and batch.validate(suite, result_format=_WHETHER).success:
            return [[] for _ in suite.expectations]
        result = batch.validate(
            suite,
            result_format={
                "result_format": "COMPLETE",
                "unexpected_index_column_names": [_ROW],
            },
        )
        failed: list[list[int]] = [[] for _ in result.results]
        for outcome in result.results:
            position = int(outcome.expectation_config.meta[_POSITION])
            failed[position] = _positions(position, outcome)
        return failed

    def _suite(self, stage: str, rules: Sequence[Rule]) -> Any:
        suite = gx.ExpectationSuite(name=stage)
        for position, rule in enumerate(rules):
            suite.add_expectation(_expectation(rule, position))
        return suite


class ExpectationError(ValueError):
    """An expectation could not be evaluated on the values it was given.

    Attributes:
        position: Which of the stage's rules, from 0.
    """

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position


def _expectation(rule: Rule, position: int) -> Any:
    arguments = dict(rule.arguments)
    if rule.only_when is not None:
        arguments["row_condition"] = _condition(rule.only_when)
        arguments["condition_parser"] = "great_expectations"
    try:
        return ExpectationConfiguration(
            type=rule.expectation, kwargs=arguments, meta={_POSITION: position}
        ).to_domain_obj()
    except (ValueError, GreatExpectationsError) as error:
        raise rule.error(f"{rule.expectation} refuses its arguments: {error}") from error


def _condition(only_when: OnlyWhen) -> Any:
    column = Column(only_when.column)
    if only_when.being == "present":
        return column.is_not_null()
    if only_when.being == "missing":
        return column.is_null()
    return column.is_in(list(only_when.being))


def _positions(position: int, outcome: Any) -> list[int]:
    # `unexpected_list` stops at 200 and the partial lists at 20; this one is whole.
    rows = outcome.result.get("unexpected_index_list")
    if rows is None or bool(rows) == bool(outcome.success):
        raise ExpectationError(position, _why(outcome.exception_info))
    return [int(row[_ROW]) for row in rows]


def _why(exception_info: Mapping[str, Any]) -> str:
    # Either one report, or one for each metric that could not be computed.
    reports = [exception_info, *(v for v in exception_info.values() if isinstance(v, Mapping))]
    messages = [str(r["exception_message"]) for r in reports if r.get("exception_message")]
    return "; ".join(messages) or "Great Expectations names no row"
