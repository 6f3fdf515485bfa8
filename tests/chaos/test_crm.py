"""The fire's CRM keeps what every CRM promises, also while it misbehaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from baton.errors import TransientError
from benchmarks.chaos.crm import CrmServer, HttpCrm
from benchmarks.chaos.mischief import Mischief
from tests.crm.contract import CrmContract, a_write


def now() -> datetime:
    return datetime.now(UTC)


class TestHttpCrm(CrmContract):
    @pytest.fixture
    def crm(self) -> Iterator[HttpCrm]:
        with CrmServer(now) as server:
            crm = HttpCrm(server.url)
            yield crm
            crm.close()

    @pytest.fixture
    def lead_id(self) -> int:
        return 1


@pytest.mark.parametrize("mischief", [m for m in Mischief if m not in ("none", "slow answer")])
def test_whatever_goes_wrong_the_write_arrives_once(mischief: Mischief) -> None:
    befalls = iter([mischief, Mischief.NONE, Mischief.NONE])
    with CrmServer(now, lambda _call: next(befalls)) as server:
        crm = HttpCrm(server.url)
        with pytest.raises(TransientError):
            crm.write(a_write(1))
        assert crm.has("1") is mischief.is_processed
        crm.write(a_write(1))
        crm.close()
        assert [write.is_repeat for write in server.log.all()].count(False) == 1
