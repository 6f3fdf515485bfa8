"""Every example of docs/agreement.md, added to the repository's agreement, decides as it says."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.domain.clock import SetClock
from baton.domain.verdict import Evaluation, Verdict
from baton.intake.importing import import_leads
from baton.intake.touching import import_touches
from baton.rulebook.agreement import Agreement
from baton.rulebook.evaluator import evaluate
from baton.rulebook.loading import load_agreement
from baton.store.tables import Lead
from tests.factories import make_lead
from tests.rulebook.documents import NOW, write

ROOT = Path(__file__).parents[2]
RULES = (ROOT / "rules" / "agreement.yaml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "agreement.md").read_text(encoding="utf-8")
HEADING, BLOCK = (
    re.compile(r"^#+ (.*)\n", re.MULTILINE),
    re.compile(r"^```yaml\n([^`]*)^```$", re.MULTILINE),
)
_, *_PARTS = HEADING.split(PAGE)
EXAMPLES = {
    heading: block
    for heading, text in zip(_PARTS[::2], _PARTS[1::2], strict=True)
    for block in BLOCK.findall(text)
}


def merged(there: Any, added: Any) -> Any:
    """Lists get longer, sections get what they lack, and a single value is replaced."""
    if isinstance(there, dict) and isinstance(added, dict):
        return there | {key: merged(there.get(key), value) for key, value in added.items()}
    if isinstance(there, list) and isinstance(added, list):
        return there + added
    return added


def before() -> Agreement:
    return load_agreement(ROOT / "rules" / "agreement.yaml").agreement


def after(folder: Path, *headings: str) -> Agreement:
    """The repository's agreement with the examples, through a file as people have it."""
    content = yaml.safe_load(RULES)
    for heading in headings:
        content = merged(content, yaml.safe_load(EXAMPLES[heading]))
    return load_agreement(write(folder, yaml.safe_dump(content, sort_keys=False))).agreement


def judged(session: Session, agreement: Agreement) -> dict[str, Evaluation]:
    """What the agreement says of all leads, by their addresses."""
    addresses = {lead.id: lead.email for lead in session.query(Lead)}
    found = evaluate(session, 1, agreement, lead_ids=list(addresses), as_of=NOW)
    return {str(addresses[one.lead_id]).partition("@")[0]: one for one in found}


def verdicts(found: dict[str, Evaluation], criterion: str) -> dict[str, Verdict]:
    return {
        name: next(c.verdict for c in one.criteria if c.id == criterion)
        for name, one in found.items()
    }


def points(found: dict[str, Evaluation], rule: str) -> dict[str, float]:
    return {
        name: next((p.points for p in one.points if p.id == rule), 0.0)
        for name, one in found.items()
    }


def taken_in(database: Engine, folder: Path, leads: str, touches: str = "") -> None:
    """Import files with these lines."""
    clock = SetClock(NOW - timedelta(hours=1))
    (folder / "leads.csv").write_text(leads, encoding="utf-8")
    import_leads(database, folder / "leads.csv", clock=clock)
    if touches:
        (folder / "touches.csv").write_text(touches, encoding="utf-8")
        assert import_touches(database, folder / "touches.csv", clock=clock).created > 0


def test_an_added_criterion_is_judged(session: Session, tmp_path: Path) -> None:
    for name, language in (("ann", "de"), ("ben", "ja"), ("cleo", None)):
        make_lead(session, email=f"{name}@buyer.example", language=language)
    found = judged(session, after(tmp_path, "Add a criterion"))
    assert verdicts(found, "speaks-our-language") == {
        "ann": Verdict.MET,
        "ben": Verdict.UNMET,
        "cleo": Verdict.UNKNOWN,
    }
    assert "In which language shall we talk?" in [c.ask for c in found["cleo"].unknown]


def test_a_column_of_the_import_becomes_a_fact_that_a_criterion_reads(
    database: Engine, session: Session, tmp_path: Path
) -> None:
    leads = (("ann", "20"), ("ben", "19"), ("cleo", ""))
    rows = "".join(f"{name}@{name}.example,CEO,{cars}\n" for name, cars in leads)
    taken_in(database, tmp_path, "email,title,Number of cars\n" + rows)
    found = judged(session, after(tmp_path, "Add a fact from a column of the import"))
    assert verdicts(found, "fleet") == {
        "ann": Verdict.MET,
        "ben": Verdict.UNMET,
        "cleo": Verdict.UNKNOWN,
    }
    assert found["ben"].facts["fleet_size"] == 19


def test_an_added_persona_gives_its_points(session: Session, tmp_path: Path) -> None:
    people = (
        ("ann", "Head of Fleet", "manager"),
        ("ben", "Head of Fleet", "individual"),
        ("cleo", "Cook", "manager"),
    )
    for name, title, seniority in people:
        make_lead(session, email=f"{name}@buyer.example", title=title, seniority=seniority)
    was, now = judged(session, before()), judged(session, after(tmp_path, "Add a persona"))
    assert points(now, "fleet-manager") == {"ann": 15, "ben": 0, "cleo": 0}
    assert {name: one.fit_points - was[name].fit_points for name, one in now.items()} == {
        "ann": 15,
        "ben": 0,
        "cleo": 0,
    }


def test_an_added_kind_of_touch_gives_its_points_once_it_is_imported(
    database: Engine, session: Session, tmp_path: Path
) -> None:
    at = f"{NOW - timedelta(days=30):%Y-%m-%d %H:%M}"
    taken_in(
        database,
        tmp_path,
        "email,title\nann@a.example,CEO\nben@b.example,CEO\n",
        f"email,kind,at\nann@a.example,Trade fair,{at}\nann@a.example,Garden party,{at}\n",
    )
    now = judged(session, after(tmp_path, "Add a kind of touch"))
    assert judged(session, before())["ann"].warmth_points == 0
    assert {name: one.warmth_points for name, one in now.items()} == {"ann": 10, "ben": 0}
    assert points(now, "trade_fair")["ann"] == 10


def test_an_added_group_asks_for_some_of_its_criteria(session: Session, tmp_path: Path) -> None:
    told: dict[str, dict[str, object]] = {
        "ann": {"has_budget": True, "starts_within_months": 3},
        "ben": {"has_budget": False, "starts_within_months": 30, "ready_to_buy": False},
        "cleo": {"has_budget": True},
    }
    for name, answers in told.items():
        make_lead(session, email=f"{name}@buyer.example", answers=answers)
    found = judged(session, after(tmp_path, "Ask for some of several criteria"))
    assert {name: [group.verdict for group in one.groups] for name, one in found.items()} == {
        "ann": [Verdict.MET],
        "ben": [Verdict.UNMET],
        "cleo": [Verdict.UNKNOWN],
    }


def test_a_promised_number_is_read(tmp_path: Path) -> None:
    quota = after(tmp_path, "Promise a number").quota
    assert quota is not None
    assert quota.sales_qualified_a_month == 80


def test_all_examples_go_together(tmp_path: Path) -> None:
    assert after(tmp_path, *EXAMPLES) != before()


def test_every_example_of_the_page_is_one_of_these() -> None:
    assert list(EXAMPLES) == [
        "Add a criterion",
        "Add a fact from a column of the import",
        "Add a persona",
        "Add a kind of touch",
        "Ask for some of several criteria",
        "Promise a number",
    ]
    assert PAGE.count("```yaml") == len(EXAMPLES)
