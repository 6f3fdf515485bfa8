from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from baton.errors import RulesError
from baton.messages.catalogue import CATALOGUE
from baton.messages.filters import day, local
from baton.messages.rendering import Messages

RULES = Path(__file__).parents[2] / "rules" / "messages"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "messages"
    shutil.copytree(RULES, copy)
    return copy


def everything() -> dict[str, Any]:
    """Every variable that any message knows, as a careless caller would pass them."""
    full: dict[str, Any] = {}
    for message in CATALOGUE.values():
        full |= message.sample
    full["lead"] = {
        **CATALOGUE["context_packet"].sample["lead"],
        "notes": "SECRET-lead-notes",
        "score": "SECRET-lead-score",
    }
    return full | {
        "score": {"total": "SECRET-total", "fit": 1, "warmth": 2, "reasons": []},
        "notes": "SECRET-notes",
        "criteria": [{"name": "SECRET-criterion", "verdict": "unmet", "evidence": [], "ask": "x"}],
        "why_now": "SECRET-why-now",
        "history": [{"at": datetime(2025, 1, 1, tzinfo=UTC), "kind": "SECRET-touch"}],
        "feedback": "SECRET-feedback",
    }


def test_the_texts_that_come_with_baton_are_right() -> None:
    Messages(RULES).check()


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_message_renders_with_its_sample(name: str) -> None:
    rendered = Messages(RULES).render(name, CATALOGUE[name].sample)
    assert rendered.subject
    assert "\n" not in rendered.subject
    assert rendered.text.strip()
    assert ("</html>" in rendered.html) is CATALOGUE[name].is_mail
    assert "None" not in rendered.text


@pytest.mark.parametrize("name", ["introduction", "invite", "invite_cancelled"])
def test_a_lead_never_sees_what_is_meant_for_colleagues(name: str, folder: Path) -> None:
    path = folder / f"{name}.j2"
    rendered = Messages(folder).render(name, everything())
    assert "SECRET" not in rendered.subject + rendered.text + rendered.html
    # Nor could a text that asks for it: the variables are not there.
    for expression in ("score", "notes", "criteria", "why_now", "lead.notes", "lead.score"):
        path.write_text(
            "{% block subject %}x{% endblock %}{% block html %}x{% endblock %}"
            f"{{% block text %}}{{{{ {expression} }}}}{{% endblock %}}",
            encoding="utf-8",
        )
        with pytest.raises(RulesError, match=expression.rpartition(".")[2]):
            Messages(folder).render(name, everything())


def test_the_context_packet_tells_the_ae_everything() -> None:
    text = Messages(RULES).render("context_packet", CATALOGUE["context_packet"].sample).text
    for expected in (
        "jana.novak@alder.example",
        "+420 212 345 678",
        "Monday 2 June 2025, 17:00 CEST",
        "paid_search",
        "demo request",
        "SCORE 82",
        "employees = 240",
        "carried it over",
        "met: The company fits our market (employees: 240, country: CZ)",
        "Please ask: By when does it have to run?",
        "unknown: One of money and a date (0 met, 1 needed, of: Money is set aside; There is",
        "quick on the phone",
        "three plants",
        "September",
        "She does, with the CFO.",
        "phone, mornings",
        "Answer the introduction",
        "Accept the invitation",
    ):
        assert expected in text


def test_html_is_escaped_and_text_is_not() -> None:
    variables = CATALOGUE["introduction"].sample | {"needs": "<b>R&D</b>"}
    rendered = Messages(RULES).render("introduction", variables)
    assert "<b>R&D</b>" in rendered.text
    assert "&lt;b&gt;R&amp;D&lt;/b&gt;" in rendered.html
    assert "<b>R&D</b>" not in rendered.html


def test_a_subject_is_one_line_whatever_the_name_holds() -> None:
    sample = CATALOGUE["introduction"].sample
    lead = sample["lead"] | {"name": "Jana\r\nBcc: all@there.example\u2028x"}
    subject = Messages(RULES).render("introduction", sample | {"lead": lead}).subject
    assert subject == "Introduction: Jana Bcc: all@there.example x and Ana Ortiz"


def test_a_second_proposal_says_so() -> None:
    sample = CATALOGUE["invite"].sample
    messages = Messages(RULES)
    assert messages.render("invite", sample).subject.startswith("Invitation:")
    assert messages.render("invite", sample | {"is_new_time": True}).subject.startswith("New time:")


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(RulesError, match=r"lead\.name"):
        Messages(RULES).render("invite", CATALOGUE["invite"].sample | {"lead": {}})


def test_an_unknown_message_is_named() -> None:
    with pytest.raises(RulesError, match="'nothing'"):
        Messages(RULES).render("nothing", {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% block subject %}{{ lead.name }", r"invite\.j2:2: "),
        ("{{ colour }}", r"invite\.j2:2: unknown variable 'colour'"),
        ("{% if is_new_time %}{{ colour }}{% endif %}", r"invite\.j2:2: unknown variable 'colour'"),
        (
            "{% if is_new_time and location %}{{ lead.score }}{% endif %}",
            r"invite\.j2:2: .*lead.score",
        ),
        ("{% set who = lead %}{{ who['notes'] }}", r"invite\.j2:2: .*who.notes"),
        ("{{ lead.shoe_size }}", r"invite\.j2:2: .*shoe_size"),
        ("{{ starts_at|moonphase }}", r"invite\.j2:2: .*moonphase"),
        ("{{ lead.__class__.__mro__ }}", r"invite\.j2:2: "),
        ("{{ location.upper() }}", r"invite\.j2:2: "),
        ("{{ 1 / 0 }}", r"invite\.j2:2: "),
        ("{% include 'other.j2' %}", r"other\.j2"),
    ],
)
def test_check_names_file_and_line_of_a_mistake(folder: Path, text: str, expected: str) -> None:
    (folder / "invite.j2").write_text(
        "{% block subject %}x{% endblock %}{% block html %}x{% endblock %}{% block text %}\n"
        + text
        + "\n{% endblock %}",
        encoding="utf-8",
    )
    with pytest.raises(RulesError, match=expected):
        Messages(folder).check()


def test_check_knows_what_each_line_of_a_list_has(folder: Path) -> None:
    path = folder / "context_packet.j2"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("{{ e.name }}", "{% if e.value == 'no' %}{{ e.weight }}{% endif %}"),
        encoding="utf-8",
    )
    with pytest.raises(RulesError, match=r"context_packet\.j2:\d+: unknown variable 'e.weight'"):
        Messages(folder).check()


def test_check_names_every_missing_file_and_block(folder: Path) -> None:
    (folder / "invite.j2").unlink()
    (folder / "_frame.j2").unlink()
    (folder / "reminder.j2").write_text("{% block subject %}x{% endblock %}", encoding="utf-8")
    with pytest.raises(RulesError) as caught:
        Messages(folder).check()
    assert "invite.j2: is missing" in str(caught.value)
    assert "_frame.j2: is missing" in str(caught.value)
    assert "reminder.j2: has no block 'text'" in str(caught.value)


def test_a_file_that_is_not_utf8_is_named(folder: Path) -> None:
    (folder / "invite.j2").write_bytes("{# \u00fc #}".encode("latin-1"))
    with pytest.raises(RulesError, match=r"invite\.j2: is not UTF-8"):
        Messages(folder).check()


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", "Sunday 30 March 2025, 03:00 CEST"),
        ("America/New_York", "Saturday 29 March 2025, 21:00 EDT"),
        ("America/Sao_Paulo", "Saturday 29 March 2025, 22:00 UTC-03"),
        ("Asia/Kolkata", "Sunday 30 March 2025, 06:30 IST"),
        (None, "Sunday 30 March 2025, 01:00 UTC"),
        ("Moon/Base", "Sunday 30 March 2025, 01:00 UTC"),
    ],
)
def test_instants_are_shown_in_the_readers_zone(zone: str | None, expected: str) -> None:
    assert local(datetime(2025, 3, 30, 1, 0, tzinfo=UTC), zone) == expected


def test_a_naive_instant_or_a_text_is_refused() -> None:
    with pytest.raises(RulesError):
        local(datetime(2025, 1, 1), "UTC")  # noqa: DTZ001
    with pytest.raises(RulesError):
        day("tomorrow")  # type: ignore[arg-type]
