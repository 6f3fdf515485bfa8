from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.errors import RefusedError
from baton.store.idempotency import StoredAnswer, claim_key, remember_answer
from tests.desk.stories import NOW

ANSWER = StoredAnswer(201, {"lead": 1})


def test_the_same_key_gets_the_stored_answer(database: Engine) -> None:
    with Session(database) as session, session.begin():
        assert claim_key(session, "k", "hash") is None
        remember_answer(session, "k", "hash", ANSWER, at=NOW)
    with Session(database) as session, session.begin():
        assert claim_key(session, "k", "hash") == ANSWER


def test_the_same_key_for_another_request_is_refused(database: Engine) -> None:
    with Session(database) as session, session.begin():
        remember_answer(session, "k", "hash", ANSWER, at=NOW)
    with Session(database) as session, pytest.raises(RefusedError, match="another request"):
        claim_key(session, "k", "other")


def test_two_requests_under_one_key_act_once(database: Engine) -> None:
    acted: list[int] = []

    def request(number: int) -> None:
        with Session(database) as session, session.begin():
            if claim_key(session, "k", "hash") is None:
                acted.append(number)
                remember_answer(session, "k", "hash", ANSWER, at=NOW)

    threads = [threading.Thread(target=request, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(acted) == 1
