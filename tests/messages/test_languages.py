from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from baton.errors import RulesError
from baton.messages.catalogue import CATALOGUE
from baton.messages.filters import day, local
from baton.messages.languages import language_of
from baton.messages.rendering import Messages

RULES = Path(__file__).parents[2] / "rules" / "messages"
FOR_LEADS = [name for name, message in CATALOGUE.items() if message.is_for_lead]
AT = datetime(2025, 6, 3, 13, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "messages"
    shutil.copytree(RULES, copy)
    return copy


@pytest.mark.parametrize(
    ("language", "country", "expected"),
    [
        ("de", "US", "de"),
        ("de-AT", None, "de"),
        ("pt_BR", None, "pt"),
        (None, "AT", "de"),
        (None, "fr", "fr"),
        (None, "MX", "es"),
        (None, "US", "en"),
        (None, "XX", "en"),
        (None, None, "en"),
        ("", "", "en"),
        ("Klingon", "FR", "fr"),
        ("../../etc", None, "en"),
    ],
)
def test_a_lead_is_written_to_in_its_language_or_its_countrys(
    language: str | None, country: str | None, expected: str
) -> None:
    assert language_of(language, country) == expected


@pytest.mark.parametrize(
    ("language", "instant", "on"),
    [
        ("en", "Tuesday 3 June 2025, 15:00 CEST", "3 June 2025"),
        ("de", "Dienstag, 3. Juni 2025, 15:00 CEST", "3. Juni 2025"),
        ("fr", "mardi 3 juin 2025, 15:00 CEST", "3 juin 2025"),
        ("es", "martes, 3 de junio de 2025, 15:00 CEST", "3 de junio de 2025"),
    ],
)
def test_dates_are_in_the_language_and_say_the_zone(language: str, instant: str, on: str) -> None:
    assert local(AT, "Europe/Prague", language) == instant
    assert day(date(2025, 6, 3), language) == on


def test_what_leads_read_is_there_in_four_languages() -> None:
    messages = Messages(RULES)
    for name in CATALOGUE:
        expected = ["en", "de", "es", "fr"] if name in FOR_LEADS else ["en"]
        assert messages.languages(name) == expected


@pytest.mark.parametrize("name", [name for name in FOR_LEADS if CATALOGUE[name].is_mail])
@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_each_language_says_all_that_english_says(name: str, language: str) -> None:
    sample = CATALOGUE[name].sample
    rendered = Messages(RULES).render(name, sample, language)
    assert f'<html lang="{language}">' in rendered.html
    link = sample["unsubscribe_url"]
    when = local(AT, "Europe/Prague", language)
    for body in (rendered.text, rendered.html):
        assert body.count(link) == 1
        for said in (sample["lead"]["given_name"], sample["ae"]["name"], sample["sdr"]["name"]):
            assert said in body
        assert when in body
        if "location" in sample:
            assert sample["location"] in body
        if "needs" in sample:
            assert sample["needs"] in body
    if language != "en":
        assert "Hello" not in rendered.text


@pytest.mark.parametrize(
    ("language", "title", "says"),
    [
        ("en", "Jana Novak (Alder Works) and Ana Ortiz", "Introduced by Sam Reed.\n"),
        ("de", "Jana Novak (Alder Works) und Ana Ortiz", "Bekannt gemacht von Sam Reed.\n"),
        ("fr", "Jana Novak (Alder Works) et Ana Ortiz", "Mise en relation par Sam Reed.\n"),
        ("es", "Jana Novak (Alder Works) y Ana Ortiz", "Presentaci\u00f3n de Sam Reed.\n"),
    ],
)
def test_the_words_in_calendars_are_texts_as_well_and_have_no_html(
    language: str, title: str, says: str
) -> None:
    rendered = Messages(RULES).render("appointment", CATALOGUE["appointment"].sample, language)
    assert (rendered.subject, rendered.text, rendered.html) == (title, says, "")


def test_a_mistake_in_the_words_for_calendars_is_named(folder: Path) -> None:
    path = folder / "appointment.de.j2"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{{ ae.name }}", "{{ score.total }}"), encoding="utf-8")
    with pytest.raises(RulesError, match=r"appointment\.de\.j2:2: unknown variable 'score'"):
        Messages(folder).check()
    path.write_text(text.partition("{% block text")[0], encoding="utf-8")
    with pytest.raises(RulesError, match=r"appointment\.de\.j2: has no block 'text'"):
        Messages(folder).check()


def test_a_language_without_a_text_gets_english() -> None:
    sample = CATALOGUE["invite"].sample
    messages = Messages(RULES)
    assert messages.render("invite", sample, "cs") == messages.render("invite", sample)


@pytest.mark.parametrize("file", ["invite.german.j2", "reminder.de.j2", "hello.de.j2"])
def test_a_text_that_is_used_for_nothing_is_named(folder: Path, file: str) -> None:
    (folder / file).write_text("x", encoding="utf-8")
    with pytest.raises(RulesError, match=f"{file}: is used for nothing"):
        Messages(folder).check()


def test_a_mistake_in_one_language_is_named(folder: Path) -> None:
    path = folder / "invite.de.j2"
    text = path.read_text(encoding="utf-8").replace("{{ ae.name }}", "{{ score.total }}", 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RulesError, match=r"invite\.de\.j2:2: unknown variable 'score'"):
        Messages(folder).check()
