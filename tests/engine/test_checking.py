from __future__ import annotations

import pytest

from baton.domain.meeting import OutcomeKind
from baton.engine.checking import checked_verdicts, tolerated_of
from baton.errors import InputError
from baton.rulebook.agreement import Agreement
from baton.rulebook.loading import agreement_from_content
from tests.rulebook.documents import content


@pytest.fixture(scope="module")
def agreement() -> Agreement:
    """`fits` is required, and one of `decides` and `soon`."""
    data = content()
    data["sales_qualified"][1]["required"] = False
    data["sales_qualified_groups"] = [
        {"id": "one", "name": "One", "at_least": 1, "of": ["decides", "soon"]}
    ]
    return agreement_from_content(data)


def test_met_needs_only_as_many_of_a_group_as_were_agreed(agreement: Agreement) -> None:
    verdicts = {"fits": "met", "decides": "unmet", "soon": "met"}
    assert checked_verdicts(agreement, OutcomeKind.MET, verdicts, "") == verdicts
    assert tolerated_of(agreement) == {"decides", "soon"}


@pytest.mark.parametrize(
    ("verdicts", "says"),
    [
        ({"fits": "met", "decides": "unmet", "soon": "unknown"}, "at least 1 must be met, and 0"),
        ({"fits": "met"}, "of decides, soon at least 1"),
        ({"fits": "unmet", "decides": "met"}, "these are unmet: fits"),
        ({"fits": "unknown", "decides": "met"}, "nobody knows these yet: fits"),
    ],
)
def test_met_is_refused_while_the_definition_is_not(
    agreement: Agreement, verdicts: dict[str, str], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        checked_verdicts(agreement, OutcomeKind.MET, verdicts, "")
