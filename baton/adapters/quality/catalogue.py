"""The expectations that a gate may use: native types that judge each row by itself.

Kept here so that rules can be checked without Great Expectations, whose import costs six seconds
and 220 MB; a test compares every entry with the installed library. Types that judge a set (means,
counts, outliers) are left out: they name no row, and a gate refuses rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Parameter = tuple[type, ...]

TEXT: Final[Parameter] = (str,)
TEXTS: Final[Parameter] = (list,)
VALUES: Final[Parameter] = (list,)
NUMBER: Final[Parameter] = (int, float)
# Dates are written as text or as YAML dates.
LIMIT: Final[Parameter] = (int, float, str)
SWITCH: Final[Parameter] = (bool,)


@dataclass(frozen=True, slots=True)
class Kind:
    """One expectation type.

    Attributes:
        columns: The arguments that name columns; `column_list` holds several.
        required: Other arguments that must be there, with the types of their values.
        optional: Other arguments that may be there.
    """

    columns: tuple[str, ...]
    required: dict[str, Parameter]
    optional: dict[str, Parameter]

    @property
    def arguments(self) -> dict[str, Parameter]:
        """All arguments besides the columns."""
        return self.required | self.optional


def _column(
    required: dict[str, Parameter] | None = None, optional: dict[str, Parameter] | None = None
) -> Kind:
    return Kind(("column",), required or {}, optional or {})


def _pair(
    required: dict[str, Parameter] | None = None, optional: dict[str, Parameter] | None = None
) -> Kind:
    return Kind(
        ("column_A", "column_B"), required or {}, {"ignore_row_if": TEXT, **(optional or {})}
    )


def _many(required: dict[str, Parameter] | None = None) -> Kind:
    return Kind(("column_list",), required or {}, {"ignore_row_if": TEXT})


_RANGE: Final[dict[str, Parameter]] = {
    "min_value": LIMIT,
    "max_value": LIMIT,
    "strict_min": SWITCH,
    "strict_max": SWITCH,
}

KINDS: Final[dict[str, Kind]] = {
    "expect_column_values_to_not_be_null": _column(),
    "expect_column_values_to_be_null": _column(),
    "expect_column_values_to_be_unique": _column(),
    "expect_column_values_to_be_in_set": _column({"value_set": VALUES}),
    "expect_column_values_to_not_be_in_set": _column({"value_set": VALUES}),
    "expect_column_values_to_be_between": _column(None, _RANGE),
    "expect_column_value_lengths_to_be_between": _column(
        None, {"min_value": NUMBER, "max_value": NUMBER, "strict_min": SWITCH, "strict_max": SWITCH}
    ),
    "expect_column_value_lengths_to_equal": _column({"value": NUMBER}),
    "expect_column_values_to_match_regex": _column({"regex": TEXT}),
    "expect_column_values_to_not_match_regex": _column({"regex": TEXT}),
    "expect_column_values_to_match_regex_list": _column({"regex_list": TEXTS}, {"match_on": TEXT}),
    "expect_column_values_to_not_match_regex_list": _column({"regex_list": TEXTS}),
    "expect_column_values_to_match_strftime_format": _column({"strftime_format": TEXT}),
    "expect_column_pair_values_to_be_equal": _pair(),
    "expect_column_pair_values_a_to_be_greater_than_b": _pair(None, {"or_equal": SWITCH}),
    "expect_column_pair_values_to_be_in_set": _pair({"value_pairs_set": VALUES}),
    "expect_compound_columns_to_be_unique": _many(),
    "expect_select_column_values_to_be_unique_within_record": _many(),
    "expect_multicolumn_sum_to_equal": _many({"sum_total": NUMBER}),
}
