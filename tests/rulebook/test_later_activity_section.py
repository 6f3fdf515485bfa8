"""The section `later_activity`: what is refused, and what it says (B6)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from baton.errors import RulesError
from baton.rulebook.differing import differences
from baton.rulebook.loading import agreement_from_content
from tests.rulebook.documents import content


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"daily": ["webinars"]}, "later_activity.daily[0]: 'webinars' is no touch that scoring"),
        ({"at_once": ["webinars"]}, "did you mean 'webinar'?"),
        ({"at_once": ["fair"]}, "touches are unsubscribed, webinar"),
        ({"at_once": ["webinar", "webinar"]}, "later_activity.at_once[1]: 'webinar' is told"),
        (
            {"at_once": ["webinar"], "daily": ["webinar"]},
            "later_activity.daily[0]: 'webinar' is told already; leave it in one of the lists",
        ),
        ({"daily_at": "8 o'clock"}, "later_activity.daily_at"),
        ({"weekly": []}, "'weekly' is not a key here; known are at_once, daily, daily_at"),
    ],
)
def test_what_cannot_be_told_is_refused(section: dict[str, Any], says: str) -> None:
    with pytest.raises(RulesError, match=re.escape(says)):
        agreement_from_content(content() | {"later_activity": section})


def test_versions_are_compared_by_what_is_told_when() -> None:
    without = agreement_from_content(content())
    told = agreement_from_content(content() | {"later_activity": {"daily": ["webinar"]}})
    assert [(each.section, each.name, each.says) for each in differences(without, told)] == [
        ("later activity", "Attended a webinar", "told daily at 08:00")
    ]
