from __future__ import annotations

import pytest

from baton.errors import TransientError
from baton.testing.crm import FakeCrm
from tests.crm.contract import CrmContract, a_write


class TestFakeCrm(CrmContract):
    @pytest.fixture
    def crm(self) -> FakeCrm:
        return FakeCrm()

    @pytest.fixture
    def lead_id(self) -> int:
        return 1

    def test_a_failed_write_did_not_arrive(self, crm: FakeCrm) -> None:
        crm.fail_next(TransientError("busy"))
        with pytest.raises(TransientError):
            crm.write(a_write(1))
        assert not crm.has("1")
        crm.write(a_write(1))
        assert crm.has("1")

    def test_a_lost_answer_arrived(self, crm: FakeCrm) -> None:
        crm.fail_next(TransientError("timed out"), after_writing=True)
        with pytest.raises(TransientError):
            crm.write(a_write(1))
        assert crm.has("1")
