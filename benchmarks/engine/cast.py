"""The people of the engine's installation: leads who qualify at once, and colleagues for them."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

AES = 20
SDR = "sam@seller.example"
TOUCHES = (("demo_request", 1), ("pricing_page", 2), ("webinar", 4))
ANSWER = {"is_decision_maker": True}
REP_HEADERS = ("email", "name", "role", "manager_email", "time_zone", "country", "working_hours")


def lead(number: int) -> dict[str, str]:
    """Return a lead who meets every criterion once the touches are there, as the API takes it."""
    return {
        "email": f"lea@{domain(number)}",
        "given_name": "Lea",
        "family_name": f"Marlow{number}",
        "title": "VP Sales",
        "company": f"Buyer {number}",
        "country": "GB",
        "time_zone": "Europe/London",
        "needs": "Hand leads over without losing them.",
        "timetable": "this quarter",
    }


def asked_lead(number: int) -> dict[str, str]:
    """Return the lead without a title: whether they decide is asked, and `ANSWER` answers."""
    return {field: value for field, value in lead(number).items() if field != "title"}


def domain(number: int) -> str:
    """Return the domain of the lead's company; each lead has a company of its own."""
    return f"buyer{number}.example"


def touches(number: int, now: datetime) -> list[dict[str, str]]:
    """Return what the lead did in the days before `now` (aware UTC), as the API takes it."""
    return [
        {
            "email": lead(number)["email"],
            "kind": kind,
            "at": (now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        for kind, days in TOUCHES
    ]


def write_leads(path: Path, numbers: range) -> None:
    """Write the leads as a file for `baton import`."""
    _write(path, [lead(number) for number in numbers])


def write_touches(path: Path, numbers: range, now: datetime) -> None:
    """Write what they did as a file for `baton import --touches`."""
    _write(path, [touch for number in numbers for touch in touches(number, now)])


def write_companies(path: Path, numbers: range) -> None:
    """Write what is known of their companies."""
    _write(
        path,
        [
            {
                "domain": domain(number),
                "name": f"Buyer {number}",
                "industry": "software",
                "employees": "300",
                "revenue_usd": "9000000",
                "country": "GB",
            }
            for number in numbers
        ],
    )


def write_reps(path: Path) -> None:
    """Write an SDR, their manager and the AEs as a file for `baton import --reps`."""
    people = [
        ("max@seller.example", "Max Hill", "MANAGER", ""),
        (SDR, "Sam Reed", "SDR", "max@seller.example"),
        ("pat@seller.example", "Pat Lee", "APPROVER", ""),
    ]
    people += [
        (f"ae{number}@seller.example", f"Ana Ortiz{number}", "AE", "max@seller.example")
        for number in range(AES)
    ]
    at_work = ("Europe/London", "GB", "mon-fri 09:00-17:00")
    _write(path, [dict(zip(REP_HEADERS, (*person, *at_work), strict=True)) for person in people])


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
