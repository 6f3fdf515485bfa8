"""What every CRM adapter must do; `tests/crm/test_*.py` run it on each of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from baton.domain.crm import Crm, CrmView, CrmWrite
from baton.domain.hand_off import EffectKind
from baton.errors import PermanentError

AT = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)


class ReadableCrm(Crm, Protocol):
    """A CRM that a test can look into."""

    def view(self, lead_id: int) -> CrmView: ...


def a_write(
    lead_id: int,
    external_id: str = "1",
    kind: EffectKind = EffectKind.CRM_STATUS,
    at: datetime = AT,
    body: dict[str, Any] | None = None,
    **values: Any,
) -> CrmWrite:
    return CrmWrite(external_id, kind, lead_id, body or values or {"status": "suspect"}, at)


class CrmContract:
    """Subclasses give the fixtures `crm` and `lead_id`, a lead that the CRM knows."""

    def test_nothing_is_known_before_the_first_write(self, crm: ReadableCrm, lead_id: int) -> None:
        assert not crm.has("1")
        view = crm.view(lead_id)
        assert (view.status, view.owner_email, view.opted_out, view.history) == (
            None,
            None,
            False,
            (),
        )

    def test_a_write_arrives(self, crm: ReadableCrm, lead_id: int) -> None:
        crm.write(a_write(lead_id))
        assert crm.has("1")
        assert crm.view(lead_id).status == "suspect"

    def test_twice_is_once(self, crm: ReadableCrm, lead_id: int) -> None:
        crm.write(a_write(lead_id))
        crm.write(a_write(lead_id, status="sales_qualified", at=AT + timedelta(days=1)))
        view = crm.view(lead_id)
        assert view.status == "suspect"
        assert len(view.history) == 1

    def test_every_kind_is_shown_and_kept(self, crm: ReadableCrm, lead_id: int) -> None:
        note = {"title": "Introduced", "text": "Both were written to."}
        task = {
            "assignee_email": "ae@seller.example",
            "title": "Answer",
            "due_at": "2025-03-03T10:00:00+00:00",
        }
        writes = [
            a_write(lead_id, "s", status="suspect"),
            a_write(lead_id, "o", EffectKind.CRM_OWNER, owner_email="ae@seller.example"),
            a_write(lead_id, "n", EffectKind.CRM_NOTE, body=note),
            a_write(lead_id, "t", EffectKind.CRM_TASK, body=task),
            a_write(lead_id, "x", EffectKind.CRM_OPT_OUT, channel="email", reason="asked"),
        ]
        for write in writes:
            crm.write(write)
        assert crm.view(lead_id) == CrmView(
            lead_id=lead_id,
            status="suspect",
            owner_email="ae@seller.example",
            opted_out=True,
            notes=(note,),
            tasks=(task,),
            history=tuple(writes),
        )

    def test_of_opting_out_and_in_again_the_later_one_counts(
        self, crm: ReadableCrm, lead_id: int
    ) -> None:
        out, back = EffectKind.CRM_OPT_OUT, EffectKind.CRM_OPT_IN
        said = {"channel": "email", "reason": "asked"}
        crm.write(a_write(lead_id, "2", back, body=said, at=AT + timedelta(days=1)))
        crm.write(a_write(lead_id, "1", out, body=said))
        assert not crm.view(lead_id).opted_out
        crm.write(a_write(lead_id, "3", out, body=said, at=AT + timedelta(days=2)))
        assert crm.view(lead_id).opted_out

    def test_history_keeps_what_was_replaced(self, crm: ReadableCrm, lead_id: int) -> None:
        crm.write(a_write(lead_id, "1", status="suspect"))
        crm.write(a_write(lead_id, "2", status="nurture", at=AT + timedelta(days=1)))
        view = crm.view(lead_id)
        assert view.status == "nurture"
        assert [c.body["status"] for c in view.history] == ["suspect", "nurture"]

    def test_an_older_event_that_comes_late_does_not_win(
        self, crm: ReadableCrm, lead_id: int
    ) -> None:
        crm.write(a_write(lead_id, "2", status="sales_qualified", at=AT + timedelta(days=1)))
        crm.write(a_write(lead_id, "1", status="suspect"))
        assert crm.view(lead_id).status == "sales_qualified"

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            (EffectKind.CRM_NOTE, {"title": "no text"}),
            (EffectKind.CRM_STATUS, {"owner_email": "x@seller.example"}),
            (EffectKind.INTRODUCTION, {"title": "x"}),
        ],
    )
    def test_what_no_crm_can_take_is_refused_and_leaves_nothing(
        self, crm: ReadableCrm, lead_id: int, kind: EffectKind, body: dict[str, str]
    ) -> None:
        with pytest.raises(PermanentError, match="cannot take the write bad"):
            crm.write(a_write(lead_id, "bad", kind, body=body))
        assert not crm.has("bad")

    def test_an_instant_without_time_zone_is_refused(self, crm: ReadableCrm, lead_id: int) -> None:
        with pytest.raises(PermanentError, match="time zone"):
            crm.write(a_write(lead_id, at=AT.replace(tzinfo=None)))
