"""I9: only a version that both teams signed decides, and a signed version never changes."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from baton.domain.rep import Team
from baton.errors import NotFoundError, NotSignedError, RulesError
from baton.rulebook.active import active_agreement, agreement_of
from baton.rulebook.loading import agreement_from_content
from baton.store.agreements import (
    activate,
    active_version,
    sign,
    store_version,
    version,
    versions,
)
from baton.store.tables import Activation, Signature
from tests.rulebook.documents import NOW, content, decides, stored


def test_the_same_content_is_stored_once(session: Session) -> None:
    assert stored(session, content()) == stored(session, content())
    changed = {**content(), "title": "Another"}
    assert stored(session, changed) != stored(session, content())


def test_without_an_activation_nothing_decides_and_the_remedy_is_told(session: Session) -> None:
    stored(session, content())
    assert active_version(session) is None
    with pytest.raises(NotSignedError, match="baton agreement sign --team"):
        active_agreement(session)


@pytest.mark.parametrize("teams", [(), (Team.SALES,), (Team.MARKETING,)])
def test_a_version_that_a_team_has_not_signed_cannot_be_activated(
    session: Session, teams: tuple[Team, ...]
) -> None:
    agreement_id = stored(session, content())
    for team in teams:
        sign(session, agreement_id, team=team, name="Kim", at=NOW)
    missing = " and ".join(team.value for team in Team if team not in teams)
    with pytest.raises(NotSignedError, match=f"not signed by {missing}"):
        activate(session, agreement_id, by="Kim", at=NOW)
    assert active_version(session) is None


def test_the_database_refuses_to_activate_an_unsigned_version(session: Session) -> None:
    session.add(Activation(agreement_id=stored(session, content()), by="Kim", at=NOW))
    with pytest.raises(IntegrityError, match="I9"):
        session.flush()


def test_a_signature_under_another_hash_does_not_count(session: Session) -> None:
    agreement_id = stored(session, content())
    for team in Team:
        session.add(
            Signature(
                agreement_id=agreement_id, team=team, name="Kim", content_hash="other", at=NOW
            )
        )
    session.flush()
    with pytest.raises(NotSignedError):
        activate(session, agreement_id, by="Kim", at=NOW)
    session.add(Activation(agreement_id=agreement_id, by="Kim", at=NOW))
    with pytest.raises(IntegrityError, match="I9"):
        session.flush()


@pytest.mark.parametrize(
    "statement",
    [
        "update agreement_version set content = '{}'",
        "update agreement_version set content_hash = 'x'",
        "delete from agreement_version",
        "update signature set name = 'x'",
        "delete from signature",
        "delete from activation",
    ],
)
def test_a_signed_version_and_its_signatures_cannot_be_changed(
    session: Session, statement: str
) -> None:
    decides(session)
    with pytest.raises(IntegrityError, match="append-only"):
        session.execute(text(statement))


def test_a_version_stored_under_a_hash_that_is_not_its_own_is_refused(session: Session) -> None:
    agreement_id = store_version(
        session, title="x", content=content(), source="", content_hash="0" * 64, at=NOW
    )
    with pytest.raises(RulesError, match="altered"):
        agreement_of(session, agreement_id)


def test_both_signatures_let_it_decide(session: Session) -> None:
    agreement_id, _ = decides(session)
    assert active_agreement(session) == (agreement_id, agreement_from_content(content()))


def test_signing_twice_keeps_the_first_signature(session: Session) -> None:
    agreement_id = stored(session, content())
    assert sign(session, agreement_id, team=Team.SALES, name="Kim", at=NOW)
    assert not sign(session, agreement_id, team=Team.SALES, name="Lee", at=NOW)
    (summary,) = versions(session)
    assert [(s.team, s.name) for s in summary.signatures] == [(Team.SALES, "Kim")]


def test_a_later_activation_decides_and_the_earlier_version_stays_readable(
    session: Session,
) -> None:
    first, _ = decides(session)
    data = {**content(), "title": "The next one"}
    second, _ = decides(session, data)
    assert active_agreement(session)[0] == second
    assert agreement_of(session, first).title == "How we hand over"
    assert [(v.id, v.is_active) for v in versions(session)] == [(second, True), (first, False)]


def test_activating_the_active_version_again_changes_nothing(session: Session) -> None:
    agreement_id, _ = decides(session)
    activate(session, agreement_id, by="Lee", at=NOW)
    assert session.query(Activation).count() == 1


def test_a_version_that_is_not_there_is_told(session: Session) -> None:
    with pytest.raises(NotFoundError, match="no agreement version 7"):
        version(session, 7)
    with pytest.raises(NotFoundError):
        sign(session, 7, team=Team.SALES, name="Kim", at=NOW)
    with pytest.raises(NotFoundError):
        agreement_of(session, 7)
