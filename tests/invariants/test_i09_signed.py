"""I9: only a version that both teams signed decides; it never changes."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.domain.rep import Team
from baton.errors import NotSignedError, RulesError
from baton.rulebook.active import active_agreement, agreement_of
from baton.rulebook.loading import hash_of
from baton.store import agreements
from baton.store.agreements import activate, active_id, sign, store_version
from baton.store.tables import AgreementVersion
from tests.factories import (
    NOW,
    make_decision,
    make_hand_off,
    make_judging,
    make_lead,
)
from tests.invariants.guards import allows, holds_by, refuses
from tests.rulebook.documents import content

SIGNED_BY: list[tuple[Team, ...]] = [(), (Team.MARKETING,), (Team.SALES,)]


def stored(session: Session, title: str, *signed_by: Team) -> int:
    told = content() | {"title": title}
    version = store_version(
        session, title=title, content=told, source="", content_hash=hash_of(told), at=NOW
    )
    for team in signed_by:
        sign(session, version, team=team, name="Kim", at=NOW)
    return version


def by_hand(version: int) -> str:
    return f"insert into activation (agreement_id, \"by\", at) values ({version}, 'x', now())"


@pytest.mark.parametrize("teams", SIGNED_BY)
def test_a_version_that_a_team_has_not_signed_is_not_activated(
    rows: Session, teams: tuple[Team, ...]
) -> None:
    version = stored(rows, "Half", *teams)
    with pytest.raises(NotSignedError, match="not signed by"):
        activate(rows, version, by="Kim", at=NOW)
    assert active_id(rows) is None
    with pytest.raises(NotSignedError):
        active_agreement(rows)
    holds_by(
        rows,
        "drop trigger signed on activation",
        violation=by_hand(version),
        says=f"I9: agreement version {version} is not signed by both teams",
    )


@pytest.mark.parametrize("teams", SIGNED_BY)
def test_nothing_is_handed_over_or_decided_by_it(rows: Session, teams: tuple[Team, ...]) -> None:
    version = stored(rows, "Half", *teams)
    rows.commit()

    def opens(session: Session) -> None:
        make_hand_off(session, agreement=session.get_one(AgreementVersion, version))

    def decides(session: Session) -> None:
        make_decision(session, make_lead(session), session.get_one(AgreementVersion, version))

    def judges(session: Session) -> None:
        make_judging(session, session.get_one(AgreementVersion, version))

    holds_by(rows, "drop trigger signed on judging", violation=judges, says="I9: agreement")
    holds_by(rows, "drop trigger signed on hand_off", violation=opens, says="I9: agreement")
    holds_by(rows, "drop trigger signed on decision", violation=decides, says="I9: agreement")


def test_a_version_that_both_signed_decides(rows: Session) -> None:
    version = stored(rows, "Whole", *Team)
    activate(rows, version, by="Kim", at=NOW)
    assert active_agreement(rows)[0] == version
    allows(rows, lambda s: make_hand_off(s, agreement=s.get_one(AgreementVersion, version)))


def test_a_signature_under_another_content_does_not_count(rows: Session) -> None:
    version = stored(rows, "Half", Team.SALES)
    rows.execute(
        text(
            "insert into signature (agreement_id, team, name, content_hash, at)"
            " values (:v, 'marketing', 'Mo', 'another', now())"
        ),
        {"v": version},
    )
    with pytest.raises(NotSignedError, match="not signed by marketing"):
        activate(rows, version, by="Kim", at=NOW)
    refuses(rows, by_hand(version), "I9:")


def test_a_team_signs_once_and_there_are_two_teams(rows: Session) -> None:
    version = stored(rows, "Twice", Team.SALES)
    assert not sign(rows, version, team=Team.SALES, name="Another", at=NOW)
    again = (
        "insert into signature (agreement_id, team, name, content_hash, at)"
        " select agreement_id, :team, 'Eve', content_hash, at from signature"
    )
    refuses(rows, again, "uq_signature_agreement_id_team", team="sales")
    refuses(rows, again, "ck_signature_team", team="board")


CHANGES = [
    "update agreement_version set title = 'x'",
    'update agreement_version set content = content || \'{"title": "x"}\'',
    "update signature set content_hash = 'x'",
    "update activation set agreement_id = agreement_id",
    "delete from activation",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_signed_version_never_changes(rows: Session, change: str) -> None:
    activate(rows, stored(rows, "Whole", *Team), by="Kim", at=NOW)
    table = change.split()[2 if change.startswith("delete") else 1]
    holds_by(
        rows,
        f"drop trigger append_only on {table}",
        violation=change,
        says=f"I8/I9: {table} is append-only",
    )


def test_an_altered_content_is_noticed_even_without_the_guard(rows: Session) -> None:
    version = stored(rows, "Altered behind our back", *Team)
    activate(rows, version, by="Kim", at=NOW)
    rows.execute(text("drop trigger append_only on agreement_version"))
    rows.execute(text('update agreement_version set content = content || \'{"title": "x"}\''))
    rows.expire_all()
    with pytest.raises(RulesError, match="was altered after it was stored"):
        agreement_of(rows, version)


def test_the_hash_covers_every_value() -> None:
    changed = content()
    changed["sales_qualified"][0]["met_when"] += " "
    assert hash_of(changed) != hash_of(content())
    reordered = dict(reversed(list(content().items())))
    assert hash_of(reordered) == hash_of(content())


def test_the_functions_check_is_not_the_only_one(
    rows: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = stored(rows, "Half", Team.SALES)
    monkeypatch.setattr(agreements, "Team", [Team.SALES])
    refuses(rows, lambda s: activate(s, version, by="Kim", at=NOW), "I9: agreement version")
