"""Samples of what the texts' variables hold: people made up, a score, a meeting; in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

Variables = dict[str, Any]
"""What a text sees, by name."""

AT = datetime(2025, 6, 3, 13, 0, tzinfo=UTC)
END = datetime(2025, 6, 3, 13, 30, tzinfo=UTC)
DUE = datetime(2025, 6, 2, 15, 0, tzinfo=UTC)

# What a lead may see of itself and of our people.
OPEN_LEAD: Variables = {
    "name": "Jana Novak",
    "given_name": "Jana",
    "company": "Alder Works",
    "time_zone": "Europe/Prague",
}
UNSUBSCRIBE: Variables = {
    "unsubscribe_url": "https://baton.seller.example/unsubscribe/MTI.aIxOQA.8Qd3"
}
OPEN_REP: Variables = {
    "name": "Ana Ortiz",
    "email": "ana.ortiz@seller.example",
    "title": "Account Executive",
}
OPEN_SDR: Variables = {
    "name": "Sam Reed",
    "email": "sam.reed@seller.example",
    "title": "Business Development",
}
# What colleagues see.
LEAD: Variables = {
    "name": "Jana Novak",
    "given_name": "Jana",
    "email": "jana.novak@alder.example",
    "phone": "+420 212 345 678",
    "title": "Head of Operations",
    "company": "Alder Works",
    "country": "CZ",
    "time_zone": "Europe/Prague",
    "language": "cs",
}
AE: Variables = {
    "name": "Ana Ortiz",
    "email": "ana.ortiz@seller.example",
    "time_zone": "Europe/Berlin",
}
SDR: Variables = {
    "name": "Sam Reed",
    "email": "sam.reed@seller.example",
    "time_zone": "Europe/London",
}
MANAGER: Variables = {
    "name": "Mia Chen",
    "email": "mia.chen@seller.example",
    "time_zone": "Europe/London",
}
SCORE: Variables = {
    "total": 82,
    "fit": 45,
    "warmth": 37,
    "reasons": [
        {"name": "Company size fits", "points": 20, "reason": "employees = 240"},
        {"name": "Demo request", "points": 30, "reason": "1 in the last 7 days"},
    ],
}
CRITERIA: list[Variables] = [
    {
        "name": "The company fits our market",
        "verdict": "met",
        "evidence": [{"name": "employees", "value": 240}, {"name": "country", "value": "CZ"}],
        "ask": "How many people work there, and where?",
    },
    {
        "name": "There is a date by which it must run",
        "verdict": "unknown",
        "evidence": [{"name": "timetable", "value": None}],
        "ask": "By when does it have to run?",
    },
]
GROUPS: list[Variables] = [
    {
        "name": "One of money and a date",
        "verdict": "unknown",
        "met": 0,
        "at_least": 1,
        "of": "Money is set aside; There is a date by which it must run",
    },
]
ANSWER: Variables = {
    "answer_url": "https://baton.seller.example/hand-offs/7c1e",
    "answer_command": "baton outcome 7c1e",
}
MEETING: Variables = {
    "starts_at": AT,
    "ends_at": END,
    "location": "https://meet.seller.example/ana",
}
PLAN: Variables = {
    "technique": "appointment",
    "call_at": AT,
    "within_minutes": 5,
    "by_phone": True,
}
PLAN_OPTIONAL = ("call_at", "within_minutes")
