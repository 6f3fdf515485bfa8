from __future__ import annotations

from rich.console import Console

from benchmarks.mail import classifying, releasing
from benchmarks.plan import Plan


def test_both_ways_release_the_same_mails_and_are_compared() -> None:
    plan = Plan("unused", 1_000, keeps_data=False, console=Console(stderr=True))
    figures = {figure.name: figure for figure in releasing.figures(plan)}
    ratio = figures["mail.release_vs_smtplib"]
    ours, plain = (figures[f"mail.{name}_per_s"].value for name in ("release", "smtplib"))
    assert ratio.value == ours / plain
    assert ratio.value > 0.3  # A connection for each mail would be far slower.


def test_every_mail_of_the_inbox_is_read_and_classified() -> None:
    plan = Plan("unused", 1_000, keeps_data=False, console=Console(stderr=True))
    figures = {figure.name: figure for figure in classifying.figures(plan)}
    assert figures["mail.classified"].value == classifying.FEWEST
    assert figures["mail.classify_per_s"].target == ">= 100"
    assert figures["mail.classify_per_s"].value > 10
