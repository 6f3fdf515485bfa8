from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.repository.checkout import texts

# Written in two parts, so that this file does not contain what it looks for.
FOLDERS = "|".join(["wo" + "rk", "ho" + "me", "ro" + "ot", "tm" + "p", "Us" + "ers"])
ABSOLUTE = re.compile(rf"(?<![\w.~}})*/-])/(?:{FOLDERS})/\w")
REGISTRIES = re.compile(
    "|".join(["py" + r"pi\.org", "python" + "hosted", "npm" + r"js\.(org|com)", "gh" + r"cr\.io"])
    + "|".join(["", "dock" + r"er\.io", "qu" + r"ay\.io", "--(extra-)?ind" + "ex-url"])
)
# Hosts that a text may name: licences and conventions. People and companies are `.example`.
HOST = re.compile(r"https?://(?:[^@/\s]+@)?([A-Za-z0-9.-]+)")
KNOWN_HOSTS = {
    "www.apache.org",
    "keepachangelog.com",
    "semver.org",
    "json-schema.org",  # the name of its dialect
    "www.w3.org",  # SVG's namespace
    "www.googleapis.com",  # Google's Calendar API, and the names of its scopes
    "graph.microsoft.com",
    "login.microsoftonline.com",  # where its tokens are had
    "127.0.0.1",
}
PRIVATE = re.compile("BEGIN [A-Z ]*PRIVATE " + "KEY")


@pytest.fixture(scope="module")
def written() -> dict[Path, str]:
    return texts()


def found(written: dict[Path, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}: {match.group()}"
        for path, content in written.items()
        for match in pattern.finditer(content)
    ]


def test_no_file_holds_a_path_of_somebodys_machine(written: dict[Path, str]) -> None:
    assert found(written, ABSOLUTE) == []


def test_no_file_ties_the_project_to_a_registry(written: dict[Path, str]) -> None:
    assert found(written, REGISTRIES) == []


def test_no_file_holds_a_private_key(written: dict[Path, str]) -> None:
    assert found(written, PRIVATE) == []


def test_addresses_are_invented_or_well_known(written: dict[Path, str]) -> None:
    unknown = {
        f"{path}: {host}"
        for path, content in written.items()
        if path.parts[0] != "tests"  # What is read there needs hosts of every kind.
        for host in (found.strip(".") for found in HOST.findall(content))
        if "." in host and host not in KNOWN_HOSTS and not host.endswith(".example")
    }
    assert unknown == set()


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("see /" + "work/main", True),
        ("'/" + "home/kim/baton'", True),
        ("=/" + "tmp/x", True),
        ("./" + "work/main", False),
        ("https://a.example/" + "home/x", False),
        ("deals/" + "work/x", False),
    ],
)
def test_the_look_for_paths_sees_them(line: str, is_one: bool) -> None:
    assert bool(ABSOLUTE.search(line)) is is_one
