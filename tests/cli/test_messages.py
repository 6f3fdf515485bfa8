from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from baton import runtime as composition
from baton.cli.reference import message_pages
from baton.messages.catalogue import CATALOGUE
from tests.cli.conftest import Run
from tests.desk.stories import RULES


@pytest.fixture
def rules(baton: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A rules folder of this test's own, and no runtime: nothing here needs a database."""
    del baton  # It sets another folder first.
    copy = tmp_path / "rules"
    shutil.copytree(RULES, copy)
    monkeypatch.setenv("BATON_RULES", str(copy))
    monkeypatch.setattr(composition, "_current", [])
    return copy


@pytest.mark.usefixtures("rules")
def test_an_example_needs_no_database(baton: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    said = baton("messages", "preview", "--language", "de", "--html", str(page))
    assert said.code == 0
    assert "Subject: Jana Novak und Ana Ortiz" in said.out
    assert "Dienstag, 3. Juni 2025, 15:00 CEST" in said.out
    assert "an example stands there: ae, " in said.err
    assert '<html lang="de">' in page.read_text(encoding="utf-8")
    data = baton("messages", "preview", "--message", "invite", "--json").data
    assert data["subject"].startswith("Invitation: Jana Novak")
    assert data["language"] == "en"
    assert "</html>" in data["html"]


@pytest.mark.usefixtures("rules")
def test_what_cannot_be_shown_or_written_is_named(baton: Run, tmp_path: Path) -> None:
    said = baton("messages", "preview", "--message", "hello")
    assert said.code == 64
    assert "introduction" in said.err
    said = baton("messages", "preview", "--html", str(tmp_path / "none" / "page.html"))
    assert said.code == 64
    assert "cannot be written" in said.err


def test_a_broken_text_is_an_error_of_the_check_with_file_and_line(baton: Run, rules: Path) -> None:
    assert "texts: all can be used" in baton("messages", "check").out
    assert baton("messages", "check", "--json").data["messages"]["invite"] == [
        "en",
        "de",
        "es",
        "fr",
    ]
    path = rules / "messages" / "introduction.j2"
    text = path.read_text(encoding="utf-8").replace("{{ sdr.name }}", "{{ score }}", 1)
    path.write_text(text, encoding="utf-8")
    line = next(n for n, words in enumerate(text.splitlines(), 1) if "score" in words)
    for command in (("messages", "check"), ("agreement", "check")):
        said = baton(*command)
        assert said.code == 65
        assert f"introduction.j2:{line}: unknown variable 'score'" in said.err
    path.write_text("{% block subject %}")
    assert "introduction.j2:1: " in baton("messages", "check").err


def test_every_text_has_its_page_and_every_page_its_text() -> None:
    pages = message_pages()
    texts = {path.name.removesuffix(".j2") for path in (RULES / "messages").glob("[!_]*.j2")}
    mails = {text for text in texts if CATALOGUE[text.partition(".")[0]].is_mail}
    assert {Path(name).name.removesuffix(".html") for name in pages} == mails
    docs = RULES.parent / "docs"
    assert {f"messages/{path.name}" for path in (docs / "messages").iterdir()} == set(pages)
    for name, content in pages.items():
        assert (docs / name).read_text(encoding="utf-8") == content


def test_words_for_calendars_have_no_html_to_write(baton: Run, tmp_path: Path) -> None:
    assert (
        "Bekannt gemacht"
        in baton("messages", "preview", "--message", "appointment", "--language", "de").out
    )
    file = tmp_path / "x.html"
    said = baton("messages", "preview", "--message", "appointment", "--html", file)
    assert said.code != 0
    assert "has no HTML" in " ".join(said.err.split())
    assert not file.exists()
