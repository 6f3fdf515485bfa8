"""Every sample is judged; the table is what the README of the classes would say."""

from __future__ import annotations

import pytest

from tests.mail.samples import Kind, all_samples
from tests.mail.samples.judging import Judged, Verdict, judge, table

# Those that are not judged right today, and what becomes of them; the list may only get shorter.
KNOWN_FAULTS = {
    "away-hidden-en": Verdict.SHOWN,
    "away-hidden-es": Verdict.SHOWN,
    "notice-barracuda": Verdict.OTHER,
    "near-06-outlook-es": Verdict.OTHER,
    "near-more-35": Verdict.OTHER,
    "wish-more-08": Verdict.SHOWN,
    "wish-more-25": Verdict.SHOWN,
    "wish-more-26": Verdict.SHOWN,
}


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return [judge(sample) for sample in all_samples()]


def test_every_sample_is_right_but_the_known_faults(judged: list[Judged]) -> None:
    wrong = {one.sample.name: one.verdict for one in judged if one.verdict is not Verdict.RIGHT}
    assert wrong == KNOWN_FAULTS, "\n".join(
        str(one)
        for one in judged
        if wrong.get(one.sample.name) != KNOWN_FAULTS.get(one.sample.name)
    )


def test_nothing_is_taken_for_an_answer_or_an_opt_out_that_is_none(judged: list[Judged]) -> None:
    assert [str(one) for one in judged if one.verdict is Verdict.TAKEN] == []


def test_there_are_samples_of_every_class_each_with_a_name(judged: list[Judged]) -> None:
    assert {one.sample.kind for one in judged} == set(Kind)
    assert len({one.sample.name for one in judged}) == len(judged) >= 200


def test_the_table_counts_every_sample(judged: list[Judged]) -> None:
    last = table(judged).splitlines()[-1].split()
    assert last[:2] == ["all", str(len(judged))]
    assert sum(int(number) for number in last[2:]) == len(judged)
