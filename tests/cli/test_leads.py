"""Merging leads and telling them apart, through the commands; the tables are looked at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import text

from baton.engine.merging import merge, unmerge
from baton.engine.opting_in import opt_in
from baton.engine.opting_out import opt_out
from baton.errors import RefusedError
from baton.intake.enriching import enrich_leads
from baton.intake.importing import import_leads
from baton.intake.touching import import_touches
from baton.runtime import Runtime
from baton.store.health import all_faults, where_leads_are
from baton.store.intake import insert_opt_outs
from baton.store.merging import ToMerge, lock_for_merge, merge_leads
from tests import factories as make
from tests.cli.conftest import Run
from tests.desk.stories import NOW

SAM = "sam@seller.example"
TABLES = {
    "lead": "select * from lead order by id",
    "touch": "select lead_id, kind, at, detail from touch order by 1, 2, 3, 4",
    "opt_out": "select address, channel, source, reason, spread_from from opt_out order by 1, 2",
    "due": "select * from due order by 1",
    "attempt": "select * from attempt order by id",
    "later_activity": "select * from later_activity order by touch_id",
    "merged_touch": "select * from merged_touch",
}


@pytest.fixture
def look(runtime: Runtime) -> Callable[..., list[dict[str, Any]]]:
    def look(statement: str, **values: object) -> list[dict[str, Any]]:
        with runtime.transaction() as session:
            rows = session.execute(text(TABLES.get(statement, statement)), values).mappings()
            return [dict(row) for row in rows]

    return look


Look = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def two(house: Run, runtime: Runtime) -> tuple[int, int]:
    """Two leads of one person: the one that stays is in nurture, the other waits."""
    with runtime.transaction() as session:
        keep = make.make_lead(
            session,
            email="ada@keep.example",
            family_name="Moor",
            place="nurture",
            check_in_on=NOW.date() + timedelta(days=9),
            custom={"size": "m"},
        )
        account = make.make_account(session, "drop.example", name="Dropwell")
        drop = make.make_lead(
            session,
            email="ada@drop.example",
            family_name="Moor",
            phone="030 1",
            phone_e164="+493023125014",
            title="CFO",
            account_id=account.id,
            custom={"size": "l", "plan": "pro"},
            answers={"employees": 12},
        )
        make.make_touch(session, keep, kind="webinar")
        make.make_touch(session, drop, kind="webinar")
        make.make_touch(session, drop, kind="demo_request")
        return keep.id, drop.id


def test_a_merged_lead_is_closed_and_what_it_had_is_with_the_other(
    house: Run, runtime: Runtime, look: Look, two: tuple[int, int]
) -> None:
    keep, drop = two
    said = house("leads", "merge", keep, drop, "--by", SAM, "--reason", "one card", "--json")
    assert (said.code, said.data) == (0, {"kept": keep, "dropped": drop})
    kept, dropped = look("select * from lead where id in (:a, :b) order by id", a=keep, b=drop)
    assert (dropped["place"], dropped["duplicate_of"]) == ("closed", keep)
    assert dropped["place_reason"] == f"duplicate of lead {keep}"
    assert (kept["email"], kept["phone_e164"], kept["title"]) == (
        "ada@keep.example",
        "+493023125014",
        "CFO",
    )
    assert (kept["custom"], kept["answers"]) == ({"size": "m", "plan": "pro"}, {"employees": 12})
    assert kept["account_id"] == dropped["account_id"]
    assert [row["kind"] for row in look("touch") if row["lead_id"] == keep] == [
        "demo_request",
        "webinar",
    ]
    assert [row["lead_id"] for row in look("due")] == [keep]
    told = house("explain", keep).out
    assert f"Lead {drop} was merged into lead {keep} by {SAM}" in told
    assert "one card" in told
    assert f"as lead {drop}: new, waiting to closed" in told
    with runtime.transaction() as session:
        assert where_leads_are(session).difference == 0
        assert all_faults(session, NOW) == []


@pytest.mark.parametrize("place", ["waiting", "nurture", "closed"])
def test_unmerging_puts_back_exactly_what_was_there(
    house: Run, runtime: Runtime, look: Look, two: tuple[int, int], place: str
) -> None:
    keep, drop = two
    with runtime.transaction() as session:
        session.execute(
            text(
                "update lead set place = :place, place_reason = 'because', check_in_on = :day"
                " where id = :id"
            ),
            {"place": place, "day": NOW.date() if place == "nurture" else None, "id": drop},
        )
        session.execute(text("insert into due values (:id, :at)"), {"id": drop, "at": NOW})
        third = make.make_lead(session, duplicate_of=drop, place="closed", place_reason="x").id
        before_third = third
    if place == "nurture":
        opt_out(runtime, "ada@keep.example", channel="email", source="test", reason="no")
        opt_in(runtime, "ada@keep.example", source="test", reason="yes")
    before = {name: look(name) for name in TABLES}
    assert house("leads", "merge", keep, drop, "--by", SAM).code == 0
    assert look("select duplicate_of from lead where id = :id", id=before_third) == [
        {"duplicate_of": keep}
    ]
    assert house("leads", "unmerge", drop, "--by", SAM, "--reason", "sisters").code == 0
    after = {name: look(name) for name in TABLES}
    # The kept one is judged anew, because it has less than before.
    for rows in (before, after):
        rows["due"] = [row for row in rows["due"] if row["lead_id"] != keep]
        for row in rows["lead"]:
            if row["id"] == keep:
                del row["changed_at"]
    if place != "nurture":
        before["due"] = after["due"] = []
    assert after == before
    told = house("explain", drop).out
    assert "Told apart by" in told
    assert "sisters" in told
    again = house("leads", "unmerge", drop, "--by", SAM)
    assert (again.code, "is not merged" in again.err) == (69, True)


def test_a_wish_of_either_counts_for_both_whenever_it_comes(
    runtime: Runtime, look: Look, two: tuple[int, int]
) -> None:
    keep, drop = two
    opt_out(runtime, "ada@drop.example", channel="email", source="mail", reason="stop")
    merge(runtime, str(keep), str(drop), by=SAM)
    assert {row["address"] for row in look("opt_out")} == {"ada@drop.example", "ada@keep.example"}
    [kept] = look("select place, place_reason from lead where id = :id", id=keep)
    assert kept == {"place": "closed", "place_reason": "opted out"}
    unmerge(runtime, str(drop), by=SAM)
    assert {row["address"] for row in look("opt_out")} == {"ada@drop.example"}
    [kept] = look("select place from lead where id = :id", id=keep)
    assert kept == {"place": "nurture"}
    opt_in(runtime, "ada@drop.example", source="mail", reason="please")
    merge(runtime, str(keep), str(drop), by=SAM)
    assert look("opt_out") == []
    opt_out(runtime, "ada@drop.example", channel="email", source="mail", reason="stop")
    [kept] = look("select place, place_reason from lead where id = :id", id=keep)
    assert kept == {"place": "closed", "place_reason": "opted out"}
    assert {row["address"] for row in look("opt_out")} == {"ada@drop.example", "ada@keep.example"}
    # One's own word outlives what came from the other address.
    opt_out(runtime, "ada@keep.example", channel="email", source="mail", reason="me too")
    unmerge(runtime, str(drop), by=SAM)
    assert {(row["address"], row["spread_from"]) for row in look("opt_out")} == {
        ("ada@drop.example", None),
        ("ada@keep.example", None),
    }


def test_what_comes_later_under_the_old_address_is_the_kept_leads(
    runtime: Runtime, look: Look, two: tuple[int, int], tmp_path: Path
) -> None:
    keep, drop = two
    merge(runtime, str(keep), str(drop), by=SAM)
    touches = tmp_path / "later.csv"
    touches.write_text("email,kind,at\nada@drop.example,pricing,2026-03-01T10:00:00Z\n")
    assert import_touches(runtime.database, touches, clock=runtime.clock).created == 1
    assert [r["lead_id"] for r in look("touch") if r["kind"] == "pricing"] == [keep]
    rows = tmp_path / "again.csv"
    rows.write_text("Record ID,Email,First Name,Last Name\n77,ada@drop.example,Ada,Moor\n")
    assert import_leads(runtime.database, rows, clock=runtime.clock).duplicates == 1
    [kept] = look("select email from lead where id = :id", id=keep)
    assert kept == {"email": "ada@keep.example"}
    refused = pytest.raises(RefusedError, match="is not merged")
    with refused:
        unmerge(runtime, str(keep), by=SAM)


def test_who_is_elsewhere_is_not_dropped_and_the_message_says_what_to_do(
    house: Run, runtime: Runtime, two: tuple[int, int]
) -> None:
    keep, drop = two
    with runtime.transaction() as session:
        busy = make.make_hand_off(session).lead_id
        won = make.make_transferred(session).lead_id
        bad = make.make_lead(session, place="quarantined", place_reason="x")
        make.make_quarantine(session, bad.intake_id, lead=bad)
        gone = make.make_lead(session, place="closed", place_reason="no budget").id
        bad_id = bad.id
    for one, other, why in (
        (keep, busy, "is in an open hand-off"),
        (keep, won, "is an AE's"),
        (keep, bad_id, "is in quarantine"),
        (gone, drop, "is closed"),
        (keep, keep, "name two leads"),
    ):
        said = house("leads", "merge", one, other, "--by", SAM)
        assert (said.code, why in said.err) == (69, True), said.err
    assert house("leads", "merge", keep, 9999, "--by", SAM).code == 66
    said = house("leads", "merge", keep, drop, "--by", "nobody@seller.example")
    assert (said.code, "is not an active rep" in said.err) == (69, True)
    assert house("leads", "merge", busy, drop, "--by", SAM).code == 0
    assert house("leads", "merge", keep, drop, "--by", SAM).code == 69


def test_merges_are_undone_in_their_order(
    runtime: Runtime, look: Look, two: tuple[int, int]
) -> None:
    keep, drop = two
    with runtime.transaction() as session:
        third = make.make_lead(session).id
    before = look("lead")
    merge(runtime, str(keep), str(drop), by=SAM)
    merge(runtime, str(third), str(keep), by=SAM)
    kinds = [row["kind"] for row in look("touch") if row["lead_id"] == third]
    assert kinds == ["demo_request", "webinar"]
    with pytest.raises(RefusedError, match=f"baton leads unmerge {keep}"):
        unmerge(runtime, str(drop), by=SAM)
    unmerge(runtime, str(keep), by=SAM)
    unmerge(runtime, str(drop), by=SAM)
    for row in before + (after := look("lead")):
        del row["changed_at"]
    assert after == before


def test_two_merges_at_once_of_the_same_two_leads_come_to_one(
    runtime: Runtime, look: Look, two: tuple[int, int]
) -> None:
    refused: list[str] = []

    def go(keep: int, drop: int) -> None:
        try:
            merge(runtime, str(keep), str(drop), by=SAM)
        except RefusedError as error:
            refused.append(str(error))

    threads = [Thread(target=go, args=pair) for pair in (two, two[::-1]) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5
    [merged] = look("select keep_id, drop_id from lead_merge")
    assert sorted(merged.values()) == sorted(two)
    assert len(look("select id from lead where duplicate_of is not null")) == 1


def test_a_wish_that_comes_while_leads_are_merged_counts_for_both(
    runtime: Runtime, look: Look, two: tuple[int, int]
) -> None:
    keep, drop = two

    def wish(*addresses: str) -> Thread:
        def said() -> None:
            with runtime.transaction() as session:
                insert_opt_outs(session, addresses, source="import", reason="", at=NOW)

        thread = Thread(target=said)
        thread.start()
        return thread

    with runtime.transaction() as session:
        lock_for_merge(session, [keep, drop])
        merge_leads(session, [ToMerge(drop, keep, ("one card",))], by=SAM, at=NOW)
        thread = wish("ada@drop.example")
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(30)
    assert {row["address"] for row in look("opt_out")} == {"ada@drop.example", "ada@keep.example"}
    # Both at once wait for each other, and not for ever.
    with runtime.transaction() as session:
        session.execute(text("delete from opt_out"))
    both = [wish(address) for address in ("ada@drop.example", "ada@keep.example") * 4]
    for thread in both:
        thread.join(30)
    assert [row["spread_from"] for row in look("opt_out")] == [None, None]


def test_suspected_leads_are_listed_until_somebody_settles_it(
    house: Run, runtime: Runtime, tmp_path: Path
) -> None:
    rows = (
        "Record ID,Email,First Name,Last Name\n"
        "81,tom.meyer@mill.example,Tom,Meyer\n82,tom.maier@mill.example,Tom,Maier\n"
    )
    (tmp_path / "alike.csv").write_text(rows)
    assert house("import", "alike.csv").code == 0
    with runtime.transaction() as session:
        ids = list(session.execute(text("select id from lead order by id")).scalars())
        enrich_leads(
            session, ids, firmographics=runtime.firmographics, default_country="DE", at=NOW
        )
    [pair] = house("leads", "duplicates", "--json").data["pairs"]
    assert "each has an address with their own name" in " ".join(pair["reasons"])
    shown = house("leads", "duplicates").out
    assert "1 suspected" in shown
    one, other = str(pair["lead_id"]), str(pair["older_id"])
    assert house("leads", "distinct", one, other, "--by", SAM).code == 0
    assert house("leads", "duplicates", "--json").data == {"pairs": []}
