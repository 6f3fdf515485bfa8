from __future__ import annotations

from pathlib import Path

import pytest

from baton.demo import server_post
from baton.demo.options import DemoOptions
from baton.demo.post import HandedIn
from baton.demo.scenario import DATA, scenario_for
from baton.demo.server_post import NotingMailbox, ServerPostOffice
from baton.demo.servers import DemoSettings
from baton.demo.world import open_world
from baton.errors import InputError, MailUnavailableError, SettingsError
from baton.settings import read_settings
from baton.testing.mail import MailWorld
from tests.demo.letters import LEAD, OWN, introduction

TOGETHER = {
    "SMTP_HOST": "mail.demo.example",
    "MAILBOX": "imaps://baton@mail.demo.example/INBOX",
    "PEOPLE_MAILBOX": "imaps://{address}@mail.demo.example/INBOX",
    "PEOPLE_PASSWORD": "everybodys",
}


def given(monkeypatch: pytest.MonkeyPatch, **settings: str) -> DemoSettings:
    for name, value in settings.items():
        monkeypatch.setenv(f"BATON_DEMO_{name}", value)
    return read_settings(DemoSettings)


def test_the_servers_of_a_real_house_are_none_of_the_demos(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in TOGETHER.items():
        monkeypatch.setenv(f"BATON_{name}", value)
    (tmp_path / "baton.env").write_text("BATON_SMTP_HOST=mail.seller.example\n", encoding="utf-8")
    found = given(monkeypatch)
    assert not found.has_mail_server
    assert found.smtp_host == "127.0.0.1"


def test_the_demo_has_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"BATON_DEMO_{name}={value}\n" for name, value in TOGETHER.items()]
    (tmp_path / "baton-demo.env").write_text("".join(lines), encoding="utf-8")
    assert given(monkeypatch).has_mail_server


@pytest.mark.parametrize("name", TOGETHER)
def test_what_is_missing_of_a_mail_server_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = given(monkeypatch, **{key: text for key, text in TOGETHER.items() if key != name})
    with pytest.raises(SettingsError, match=f"needs BATON_DEMO_{name}, too"):
        assert found.has_mail_server


def test_a_mailbox_for_all_people_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = {"PEOPLE_MAILBOX": "imaps://all@mail.demo.example/INBOX"}
    with pytest.raises(SettingsError, match=r"imaps://\{address\}@host/INBOX"):
        assert given(monkeypatch, **TOGETHER | everybody).has_mail_server


def test_a_setting_that_cannot_be_used_is_named_with_the_demos_prefix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SettingsError, match=r"BATON_DEMO_SMTP_PORT.*\n.*baton-demo\.env"):
        given(monkeypatch, SMTP_PORT="none")


def test_leads_of_ones_own_are_not_played_on_a_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given(monkeypatch, **TOGETHER)
    scenario = scenario_for(DemoOptions(leads=DATA / "leads.csv"), tmp_path / "scenario")
    with pytest.raises(InputError, match="may be real"), open_world(scenario, tmp_path / "home"):
        pass


def test_a_mail_that_does_not_arrive_stops_the_demo_and_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mail = MailWorld(tmp_path)
    boxes = {"PEOPLE_MAILBOX": f"maildir:{tmp_path}/{{address}}", "MAIL_ADDRESS": OWN}
    settings = given(monkeypatch, **TOGETHER | boxes)
    handed_in, own = HandedIn(), NotingMailbox(mail.mailbox(OWN))
    office = ServerPostOffice(settings, handed_in, own)
    handed_in.note(introduction(), [LEAD[1], OWN.replace("@", "+key@")])
    mail.deliver(introduction(), OWN, [LEAD[1], OWN])
    ((address, content),) = office.new_mail()
    assert address == LEAD[1]
    assert content.endswith(introduction())
    assert list(office.new_mail()) == []
    assert list(office.everything()) == [content]
    monkeypatch.setattr(server_post, "WAIT_SECONDS", 0.0)
    handed_in.note(introduction(), ["nobody@elsewhere.example"])
    with pytest.raises(MailUnavailableError, match=r"nobody@elsewhere\.example"):
        list(office.new_mail())
