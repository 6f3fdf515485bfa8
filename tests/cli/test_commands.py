from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from baton import runtime as composition
from baton.domain.clock import SetClock
from baton.domain.meeting import OutcomeKind
from baton.engine import actions
from baton.rulebook.loading import load_agreement
from baton.runtime import Runtime
from baton.store.tables import HandOff, Lead, Outcome, Wait
from tests.cli.conftest import Run
from tests.desk.rooms import make_runtime
from tests.desk.stories import RULES, open_hand_off
from tests.factories import make_rep, make_returned

FEBRUARY = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
SECRET = "s3cret-w0rd"


def test_an_import_says_what_became_of_each_row_and_does_it_once(house: Run) -> None:
    said = house("import", "leads.csv", "--json")
    assert said.data == {
        "rows": 2,
        "created": 0,
        "updated": 0,
        "unchanged": 2,
        "quarantined": 0,
        "duplicates": 0,
    }
    touches = house("import", "touches.csv", "--touches", "--json").data
    assert touches == {"rows": 2, "created": 1, "unchanged": 0, "quarantined": 1}


def test_progress_and_hints_never_get_onto_the_stdout_of_json(house: Run) -> None:
    said = house("import", "leads.csv", "--json")
    assert said.out.lstrip().startswith("{")
    assert said.err == ""


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nowhere.csv",), "nowhere.csv"),
        (("leads.csv", "--touches", "--reps"), "Give one of"),
        (("reps.csv", "--reps", "--map", "map.yaml"), "--map is for leads"),
        (("leads.csv", "--touches"), "has no column"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused(
    house: Run, arguments: tuple[str, ...], reason: str
) -> None:
    said = house("import", *arguments)
    assert said.code == 64
    assert reason in said.err


def test_a_quarantined_row_is_listed_exported_mended_and_a_lead_then(
    house: Run, tmp_path: Path
) -> None:
    (row,) = house("quarantine", "list", "--json").data["rows"]
    assert (row["field"], row["value"]) == ("email", "not-an-address")
    assert "not-an-address" in house("quarantine", "list").out
    assert house("quarantine", "export", "refused.csv", "--json").data["rows"] == 1
    assert "Kim GmbH" in (tmp_path / "refused.csv").read_text(encoding="utf-8")
    mended = house("quarantine", "retry", row["id"], "--set", "email=bo@kim.example", "--json")
    assert mended.data == {"tried": 1, "mended": 1, "refused": 0}
    assert house("explain", "bo@kim.example", "--json").data["story"]["lead"]["place"] == "waiting"
    assert house("quarantine", "retry", 12345).code == 66


def test_only_what_both_teams_signed_is_activated(baton: Run, runtime: Runtime) -> None:
    """I9."""
    baton("agreement", "sign", "--team", "sales", "--name", "Sal")
    refused = baton("agreement", "activate")
    assert refused.code == 69
    assert "not signed by marketing" in refused.err
    baton("agreement", "sign", "--team", "marketing", "--name", "Mo")
    again = baton("agreement", "sign", "--team", "marketing", "--name", "Mo", "--json").data
    assert again["is_new"] is False
    version = baton("agreement", "activate", "--json").data["version"]
    (listed,) = baton("agreement", "list", "--json").data["versions"]
    assert (listed["id"], listed["is_active"]) == (version, True)
    assert "marketing: Mo" in baton("agreement", "list").out
    assert baton("agreement", "show", "--json").data["content_hash"] == listed["content_hash"]
    assert "sales_qualified" in baton("agreement", "show", version).out
    assert baton("agreement", "show", 99).code == 66


def test_an_agreement_is_checked_without_being_stored(baton: Run, runtime: Runtime) -> None:
    for file in ((), (RULES / "agreement.yaml",)):
        assert baton("agreement", "check", *file, "--json").data["criteria"] >= 5
    assert baton("agreement", "list", "--json").data == {"versions": []}


def test_the_vocabulary_is_printed(baton: Run) -> None:
    facts = baton("rules", "facts", "--json").data
    assert "employees" in {fact["name"] for fact in facts["facts"]}
    assert "demo_request" in facts["touch_kinds"]
    assert "employees" in baton("rules", "facts").out


def test_status_says_who_owes_what_by_when(baton: Run, runtime: Runtime, database: Engine) -> None:
    assert "No hand-off is open" in baton("status").out
    hand_off_id = open_hand_off(database)
    data = baton("status", "--json").data
    assert data["open"] == 1
    assert data["hand_offs"][0]["id"] == str(hand_off_id)
    shown = baton("status").out
    for word in ("Ada Moor", "Harbour [bold]Ltd", "await_outcome", "ida@seller.example"):
        assert word in shown


def test_explain_tells_decisions_and_history(
    baton: Run, runtime: Runtime, database: Engine
) -> None:
    open_hand_off(database)
    shown = baton("explain", "X-7").out
    for word in ("ida has the fewest", "webinar", "hand-off opened"):
        assert word in shown
    assert baton("explain", "X-7", "--json").data["story"]["decisions"][0]["kind"] == "route"
    assert baton("explain", "nobody").code == 66


def test_a_hand_off_is_started_once_even_while_the_engine_is_down(
    house: Run, database: Engine
) -> None:
    first = house("hand-off", "start", "ada@harbour.example", "--json").data
    again = house("hand-off", "start", "1", "--json").data
    assert again["hand_off"] == first["hand_off"]
    cancelled = house("hand-off", "cancel", first["hand_off"], "--reason", "spring", "--json")
    assert cancelled.data["state"] == "cancelled"
    with Session(database) as session:
        hand_off = session.get_one(HandOff, uuid.UUID(first["hand_off"]))
        assert (hand_off.state, hand_off.close_reason) == ("cancelled", "spring")
        assert session.get_one(Lead, hand_off.lead_id).place == "nurture"
    assert house("hand-off", "cancel", first["hand_off"], "--reason", "again").code == 69
    assert house("hand-off", "cancel", uuid.uuid4(), "--reason", "x").code == 66


Call = tuple[tuple[Any, ...], dict[str, Any]]


@pytest.mark.parametrize(
    ("command", "action", "options", "passed"),
    [
        (
            "approve",
            "approve",
            ["--no", "--by", "mara@seller.example", "--note", "too small"],
            {"approved": False, "by": "mara@seller.example", "note": "too small"},
        ),
        (
            "answer",
            "answer_questions",
            [
                "employees=120",
                "is_decision_maker=true",
                "needs=a = b",
                "budget=",
                "--by",
                "s@s.example",
            ],
            {
                "answers": {
                    "employees": 120,
                    "is_decision_maker": True,
                    "needs": "a = b",
                    "budget": None,
                },
                "by": "s@s.example",
            },
        ),
        (
            "contact",
            "correct_contact",
            ["ada.l@harbour.example", "--by", "s@s.example"],
            {"email": "ada.l@harbour.example", "by": "s@s.example"},
        ),
        (
            "outcome",
            "report_outcome",
            [
                "--not-met",
                "--criterion",
                "decides=unmet",
                "--feedback",
                "no",
                "--by",
                "i@s.example",
            ],
            {
                "kind": OutcomeKind.NOT_MET,
                "verdicts": {"decides": "unmet"},
                "feedback": "no",
                "by": "i@s.example",
            },
        ),
    ],
)
def test_a_decision_goes_to_the_one_function_that_may_make_it(  # noqa: PLR0917 (fixtures)
    baton: Run,
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    action: str,
    options: list[str],
    passed: dict[str, Any],
) -> None:
    """I10."""
    calls: list[Call] = []
    monkeypatch.setattr(actions, action, lambda *args, **named: calls.append((args, named)))
    hand_off_id = uuid.uuid4()
    said = baton(command, hand_off_id, *options, "--json")
    assert said.code == 0
    assert calls == [((runtime, hand_off_id), passed)]
    assert said.data["hand_off"] == str(hand_off_id)


def test_an_outcome_is_recorded_with_the_ae_s_words(
    baton: Run, runtime: Runtime, database: Engine, clock: SetClock
) -> None:
    """I3, through the real action."""
    hand_off_id = open_hand_off(database)
    clock.advance(timedelta(days=1))
    agreement = load_agreement(RULES / "agreement.yaml").agreement
    verdicts = {c.id: "met" for c in agreement.sales_qualified} | {"decides": "unmet"}
    options = [f"--criterion={name}={verdict}" for name, verdict in verdicts.items()]
    by = ("--by", "ida@seller.example")
    silent = baton("outcome", hand_off_id, "--not-met", *options, *by)
    assert silent.code == 64
    assert "feedback" in silent.err
    said = baton("outcome", hand_off_id, "--not-met", *options, "--feedback", "The CFO does.", *by)
    assert said.code == 0
    with Session(database) as session:
        outcome = session.scalars(select(Outcome)).one()
        assert (outcome.unmet, outcome.feedback) == (["decides"], "The CFO does.")
        assert session.scalars(select(Wait.decision)).one() == "not_met"


@pytest.mark.parametrize("flags", [(), ("--met", "--not-met"), ("--met", "--no-show")])
def test_an_outcome_is_exactly_one(baton: Run, runtime: Runtime, flags: tuple[str, ...]) -> None:
    said = baton("outcome", uuid.uuid4(), *flags, "--by", "i@s.example")
    assert said.code == 64
    assert "exactly one" in said.err


def test_questions_can_be_given_up(baton: Run, runtime: Runtime, database: Engine) -> None:
    hand_off_id = open_hand_off(database, "answers")
    by = ("--by", "sam@seller.example")
    assert baton("answer", hand_off_id, *by).code == 64
    assert baton("answer", hand_off_id, "--give-up", *by).code == 0
    with Session(database) as session:
        assert session.scalars(select(Wait.decision)).one() == "give_up"


@pytest.mark.parametrize("written", ["employees", "=3", "a=1 a=2"])
def test_answers_have_the_form_name_is_value(baton: Run, runtime: Runtime, written: str) -> None:
    said = baton("answer", uuid.uuid4(), *written.split(), "--by", "s@s.example")
    assert said.code == 64


def test_an_opt_out_is_respected_at_once(house: Run) -> None:
    """I4."""
    said = house("opt-out", "Ada@Harbour.example", "--channel", "email", "--json")
    assert said.data["closed"] == []
    lead = house("explain", "ada@harbour.example", "--json").data["story"]["lead"]
    assert lead["opted_out"] == ["email"]
    assert house("opt-out", "neither").code == 64


def test_an_attempt_is_in_the_history(house: Run) -> None:
    by = ("--by", "sam@seller.example")
    said = house("attempt", "ada@harbour.example", "--channel", "phone", *by, "--note", "no answer")
    assert said.code == 0
    history = house("explain", "ada@harbour.example", "--json").data["story"]["history"]
    assert ("attempt", "phone: no answer") in [(e["kind"], e["what"]) for e in history]


def test_the_report_is_tables_or_json(baton: Run, runtime: Runtime, database: Engine) -> None:
    open_hand_off(database)
    data = baton("report", "--until", "2026-04-01", "--json").data
    assert data["hand_offs"] == {"open": 1}
    shown = baton("report", "--since", "2026-02-01", "--until", "2026-04-01").out
    assert "acceptance rate" in shown
    assert baton("report", "--since", "2027-01-01", "--until", "2026-01-01").code == 64


def test_reviews_are_drawn_listed_and_reported(house: Run) -> None:
    drawn = house("reviews", "draw", "--month", "2026-02", "--seed", 7, "--json")
    assert drawn.data == {"period": "2026-02", "drawn": [], "strata": [], "reviewers": 1}
    assert "there are 1" in " ".join(drawn.err.split())
    assert house("reviews", "list", "--json").data == {"open": 0, "reviews": []}
    assert house("reviews", "report", "--json").data["period"] == "2026-02"
    assert "rejections" in house("reviews", "report").out
    by = ("--by", "rosa@seller.example")
    record = ("--miss", "sales", "--follow-up", "listen first", *by)
    assert house("reviews", "record", 5, *record).code == 66
    assert house("reviews", "show", 5).code == 66


def test_reviewers_judge_and_the_report_tells_what_came_of_it(house: Run, database: Engine) -> None:
    with Session(database) as session, session.begin():
        ae = make_rep(session, "AE", name="Anna Doorn")
        made = make_returned(session, ae=ae, at=FEBRUARY, feedback="Doorn found nobody there.")
        lead_id = made.lead_id
        reviewers = [make_rep(session, "REVIEWER").email for _ in range(3)]
    house("reviews", "draw", "--month", "2026-02")
    (case,) = house("reviews", "list", "--by", reviewers[0], "--json").data["reviews"]
    assert (case["given"], case["feedback"]) == (0, "[colleague] found nobody there.")
    assert "Anna" not in house("reviews", "list").out + house("reviews", "show", case["id"]).out
    unclear = ("--miss", "definition", "--criterion", "decides", "--proposal", "Say who signs.")
    said = []
    for by, miss in zip(reviewers, (("--miss", "sales"), unclear, unclear), strict=True):
        record = ("reviews", "record", case["id"], *miss, "--follow-up", "Talk.", "--by", by)
        said.append(house(*record).out)
    assert "another reviewer judges it too" in said[0]
    assert "the two differ" in said[1]
    assert "the miss: definition" in said[2]
    told = house("reviews", "report", "--month", "2026-02", "--months", 2)
    assert "Say who signs." in told.out
    assert "too few to tell" in told.out
    as_json = house("reviews", "report", "--month", "2026-02", "--json").data
    assert [one["proposal"] for one in as_json["proposals"]] == ["Say who signs."] * 2
    assert house("explain", lead_id).code == 0


def test_the_doctor_is_content_with_a_house_in_order(house: Run, smtp_port: int) -> None:
    said = house("doctor", "--json")
    assert [check for check in said.data["checks"] if not check["ok"]] == []
    assert (said.code, said.data["ok"], said.data["faults"]) == (0, True, [])
    counts = said.data["counts"]
    assert (counts["imported"], counts["waiting"], counts["quarantined_rows"]) == (2, 1, 1)
    assert "FAULT" not in house("doctor").out
    # What the reps' file leaves out is no fault; the check of the agreement says what to add.
    (reps,) = (check for check in said.data["checks"] if check["name"] == "reps")
    assert reps["says"].endswith("; 'baton agreement check' has 3 doubts about them")


def test_the_doctor_says_what_to_do_about_a_mail_server_that_is_down(
    baton: Run, runtime: Runtime
) -> None:
    said = baton("doctor", "--json")
    assert said.code == 1
    (smtp,) = [check for check in said.data["checks"] if check["name"] == "smtp"]
    assert "BATON_SMTP_HOST" in smtp["says"]


def test_the_doctor_counts_what_slipped(baton: Run, runtime: Runtime, database: Engine) -> None:
    open_hand_off(database)
    said = baton("doctor", "--json")
    assert said.code == 1
    names = {check["name"] for check in said.data["checks"] if not check["ok"]}
    assert {"agreement", "prefect"} <= names


def test_the_doctor_never_shows_a_secret(
    baton: Run,
    database: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Token, passwords, and the password inside a database's address."""
    environment = {
        "BATON_API_TOKEN": SECRET,
        "BATON_SMTP_PASSWORD": SECRET,
        "BATON_SMTP_USERNAME": "baton",
        "BATON_SMTP_PORT": "1",
        "BATON_MAILBOX_PASSWORD": SECRET,
        "BATON_DATABASE_URL": f"postgresql://u:{SECRET}@127.0.0.1:1/x",
        "BATON_PREFECT_API_URL": f"http://u:{SECRET}@127.0.0.1:1/api",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    down = baton("doctor", "--json")
    assert down.code == 1
    assert down.data["settings"]["api_token"] == "(set, not shown)"
    composition.use(
        make_runtime(
            database,
            tmp_path / "home",
            api_token=SecretStr(SECRET),
            prefect_api_url=environment["BATON_PREFECT_API_URL"],
        )
    )
    up = baton("doctor", "--json")
    shown = baton("doctor")
    composition.use(None)
    assert up.data["settings"]["prefect_api_url"] == "http://u@127.0.0.1:1/api"
    assert SECRET not in down.out + down.err + up.out + up.err + shown.out + shown.err
