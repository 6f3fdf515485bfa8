from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from baton.errors import DatabaseUnavailableError, NotFoundError
from baton.store.crm import LocalCrm
from tests.crm.contract import CrmContract, a_write
from tests.factories import make_lead


class TestLocalCrm(CrmContract):
    @pytest.fixture
    def crm(self, database: Engine) -> LocalCrm:
        return LocalCrm(database)

    @pytest.fixture
    def lead_id(self, database: Engine) -> int:
        with Session(database) as session, session.begin():
            return make_lead(session).id

    def test_an_unknown_lead_is_refused(self, crm: LocalCrm) -> None:
        with pytest.raises(NotFoundError, match="no lead 77"):
            crm.write(a_write(77))
        assert not crm.has("1")

    def test_a_database_that_is_down_is_worth_a_retry(self) -> None:
        nowhere = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
        with pytest.raises(DatabaseUnavailableError):
            LocalCrm(nowhere).write(a_write(1))
        with pytest.raises(DatabaseUnavailableError):
            LocalCrm(nowhere).has("1")

    def test_writers_at_the_same_time_agree(self, crm: LocalCrm, lead_id: int) -> None:
        writes = [a_write(lead_id, str(n % 6), status=f"s{n % 6}") for n in range(24)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(crm.write, writes))
        view = crm.view(lead_id)
        assert len(view.history) == 6
        assert view.status == view.history[-1].body["status"]
