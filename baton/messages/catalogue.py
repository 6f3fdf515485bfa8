"""Every message that Baton sends, and the variables that its text may use.

The sample is the shape: a text sees these keys and no others, whatever is passed, so that nothing
that is meant for colleagues can reach a lead through a text. Instants are aware UTC; texts show
them in the reader's zone with `|local(zone)`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

Variables = dict[str, Any]

# Missing means None in the text; every other key must be there and not None.
_PERSON_OPTIONAL = {
    "given_name",
    "phone",
    "title",
    "company",
    "country",
    "time_zone",
    "language",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        name: File name in the rules folder without `.j2`.
        reader: Who gets it.
        sample: Sample variables; their keys, nested ones too, are all that the text may use.
        optional: Dotted paths of keys that may be missing or None (`lead.phone`; a list's
            elements share their list's path: `history.detail`). Lists may be empty.
        is_for_lead: True if the lead reads it. It then stands in the thread that the lead sees,
            can be unsubscribed from, and may use nothing that is meant for colleagues.
        is_mail: False for the words of a calendar object, which goes along with a mail: its
            subject is the title, its text the description, and it has no HTML.
    """

    name: str
    reader: str
    sample: Variables
    optional: frozenset[str] = field(default_factory=frozenset)
    is_for_lead: bool = False
    is_mail: bool = True

    @property
    def blocks(self) -> tuple[str, ...]:
        """What its file must have."""
        return ("subject", "text", "html") if self.is_mail else ("subject", "text")


_AT = datetime(2025, 6, 3, 13, 0, tzinfo=UTC)
_END = datetime(2025, 6, 3, 13, 30, tzinfo=UTC)
_DUE = datetime(2025, 6, 2, 15, 0, tzinfo=UTC)

# What a lead may see of itself and of our people.
_OPEN_LEAD: Variables = {
    "name": "Jana Novak",
    "given_name": "Jana",
    "company": "Alder Works",
    "time_zone": "Europe/Prague",
}
_UNSUBSCRIBE: Variables = {
    "unsubscribe_url": "https://baton.seller.example/unsubscribe/MTI.aIxOQA.8Qd3"
}
_OPEN_REP: Variables = {
    "name": "Ana Ortiz",
    "email": "ana.ortiz@seller.example",
    "title": "Account Executive",
}
_OPEN_SDR: Variables = {
    "name": "Sam Reed",
    "email": "sam.reed@seller.example",
    "title": "Business Development",
}
# What colleagues see.
_LEAD: Variables = {
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
_AE: Variables = {
    "name": "Ana Ortiz",
    "email": "ana.ortiz@seller.example",
    "time_zone": "Europe/Berlin",
}
_SDR: Variables = {
    "name": "Sam Reed",
    "email": "sam.reed@seller.example",
    "time_zone": "Europe/London",
}
_MANAGER: Variables = {
    "name": "Mia Chen",
    "email": "mia.chen@seller.example",
    "time_zone": "Europe/London",
}
_SCORE: Variables = {
    "total": 82,
    "fit": 45,
    "warmth": 37,
    "reasons": [
        {"name": "Company size fits", "points": 20, "reason": "employees = 240"},
        {"name": "Demo request", "points": 30, "reason": "1 in the last 7 days"},
    ],
}
_CRITERIA: list[Variables] = [
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
_GROUPS: list[Variables] = [
    {
        "name": "One of money and a date",
        "verdict": "unknown",
        "met": 0,
        "at_least": 1,
        "of": "Money is set aside; There is a date by which it must run",
    },
]
_ANSWER: Variables = {
    "answer_url": "https://baton.seller.example/hand-offs/7c1e",
    "answer_command": "baton outcome 7c1e",
}


def _optional(*names: str, people: tuple[str, ...] = ("lead", "sdr", "ae")) -> frozenset[str]:
    of_people = {f"{person}.{key}" for person in people for key in _PERSON_OPTIONAL}
    return frozenset(names) | of_people


_MEETING: Variables = {
    "starts_at": _AT,
    "ends_at": _END,
    "location": "https://meet.seller.example/ana",
}
_CRITERIA_OPTIONAL = ("criteria.ask", "criteria.evidence.value")

_ALL = (
    Message(
        "introduction",
        "the lead; the AE in Cc",
        {
            "lead": _OPEN_LEAD,
            "sdr": _OPEN_SDR,
            "ae": _OPEN_REP,
            "why_ae": {"owns_account": False, "same_country": True, "same_language": True},
            "needs": "Plan shifts across three plants without spreadsheets.",
            **_MEETING,
            "times_url": "https://baton.seller.example/times/IjdjMWUi.aIxOQA.5Gk2",
            **_UNSUBSCRIBE,
        },
        _optional(
            "why_ae", "needs", "starts_at", "ends_at", "location", "times_url", "unsubscribe_url"
        ),
        is_for_lead=True,
    ),
    Message(
        "context_packet",
        "the AE",
        {
            "lead": _LEAD,
            "sdr": _SDR,
            "ae": _AE,
            "now": _DUE,
            "origin": "paid_search",
            "campaign": "shift-planning-spring",
            "history": [
                {"at": _DUE, "kind": "demo_request", "detail": "Asked for a demo on /pricing"},
                {"at": _DUE, "kind": "phone from Sam Reed", "detail": "Left a message."},
                {"at": _DUE, "kind": "webinar", "detail": ""},
            ],
            "earlier": [
                {
                    "at": datetime(2024, 11, 4, 15, 0, tzinfo=UTC),
                    "ae": "Ben Lake",
                    "end": "returned",
                    "reason": "not met: decides",
                    "unmet": [{"name": "We are talking to someone who decides"}],
                    "feedback": "Likes it. The CFO decides and was not there.",
                }
            ],
            "score": _SCORE,
            "why_now": "A demo request on 2 June carried it over the threshold.",
            "criteria": _CRITERIA,
            "groups": _GROUPS,
            "notes": "Was warm and quick on the phone.",
            "needs": "Plan shifts across three plants without spreadsheets.",
            "timetable": "Wants to start in September.",
            "answers": [{"question": "Who decides?", "answer": "She does, with the CFO."}],
            "preferred_channel": "phone",
            "preferred_time": "mornings",
            **_MEETING,
            "due_at": _DUE,
            "answer_url": _ANSWER["answer_url"],
        },
        _optional(
            "origin",
            "campaign",
            "why_now",
            "notes",
            "needs",
            "timetable",
            "preferred_channel",
            "preferred_time",
            "starts_at",
            "ends_at",
            "location",
            "answer_url",
            "history.detail",
            "earlier.ae",
            "earlier.reason",
            "earlier.feedback",
            *_CRITERIA_OPTIONAL,
        ),
    ),
    Message(
        "invite",
        "the lead and the AE, with the calendar part",
        {
            "lead": _OPEN_LEAD,
            "sdr": _OPEN_SDR,
            "ae": _OPEN_REP,
            **_MEETING,
            "is_new_time": False,
            **_UNSUBSCRIBE,
        },
        _optional("location", "unsubscribe_url"),
        is_for_lead=True,
    ),
    Message(
        "appointment",
        "the calendars of the lead and the AE: title and description of the meeting",
        {"lead": _OPEN_LEAD, "sdr": _OPEN_SDR, "ae": _OPEN_REP},
        _optional(),
        is_for_lead=True,
        is_mail=False,
    ),
    Message(
        "invite_cancelled",
        "the lead and the AE, with the calendar part",
        {
            "lead": _OPEN_LEAD,
            "sdr": _OPEN_SDR,
            "ae": _OPEN_REP,
            "starts_at": _AT,
            **_UNSUBSCRIBE,
        },
        _optional("unsubscribe_url"),
        is_for_lead=True,
    ),
    Message(
        "opted_out",
        "the AE, with the calendar part, when the lead of a proposed meeting opts out",
        {"lead": _LEAD, "sdr": _SDR, "ae": _AE, "starts_at": _AT},
        _optional(),
    ),
    Message(
        "replaced",
        "the AE who declined, with the calendar part, when another AE takes over",
        {"lead": _LEAD, "sdr": _SDR, "ae": _AE, "starts_at": _AT},
        _optional(),
    ),
    Message(
        "counter_offered",
        "the AE, when the lead proposes another time",
        {
            "lead": _LEAD,
            "sdr": _SDR,
            "ae": _AE,
            "starts_at": _AT,
            "proposed_at": _END,
            "comment": "I could do it half an hour later.",
            "is_in_hours": True,
            **_ANSWER,
        },
        _optional("comment"),
    ),
    Message(
        "counter_declined",
        "the lead, the AE in Cc, with the calendar part",
        {
            "lead": _OPEN_LEAD,
            "sdr": _OPEN_SDR,
            "ae": _OPEN_REP,
            "starts_at": _AT,
            "proposed_at": _END,
            **_UNSUBSCRIBE,
        },
        _optional("unsubscribe_url"),
        is_for_lead=True,
    ),
    Message(
        "counter_impossible",
        "the AE, with the calendar part",
        {
            "lead": _LEAD,
            "sdr": _SDR,
            "ae": _AE,
            "starts_at": _AT,
            "proposed_at": _END,
            "reason": "you are in another meeting then",
        },
        _optional(),
    ),
    Message(
        "meeting_declined",
        "the AE and the SDR, when one side declines a meeting that both had accepted",
        {
            "lead": _LEAD,
            "sdr": _SDR,
            "ae": _AE,
            "who": "Jana Novak",
            "starts_at": _AT,
            "comment": "Something came up.",
        },
        _optional("comment"),
    ),
    Message(
        "no_meeting",
        "the SDR, when no meeting came about",
        {
            "lead": _LEAD,
            "sdr": _SDR,
            "ae": _AE,
            "reason": "3 proposed times were declined",
            "check_in_on": date(2025, 9, 1),
        },
        _optional(),
    ),
    Message(
        "outcome_request",
        "the AE, after the meeting",
        {
            "lead": _LEAD,
            "sdr": _SDR,
            "ae": _AE,
            "starts_at": _AT,
            "criteria": [
                {"id": "fits-our-market", "name": "The company fits our market"},
                {"id": "decides", "name": "We are talking to someone who decides"},
            ],
            "due_at": _DUE,
            **_ANSWER,
        },
        _optional(),
    ),
    Message(
        "questions",
        "the SDR",
        {
            "lead": _LEAD,
            "sdr": _SDR,
            "questions": [{"id": "decides", "ask": "Who decides about the purchase?"}],
            "due_at": _DUE,
            **_ANSWER,
        },
        _optional(),
    ),
    Message(
        "approval_request",
        "the approver",
        {
            "lead": _LEAD,
            "sdr": _SDR,
            "approver": _MANAGER,
            "score": _SCORE,
            "why_now": "A demo request on 2 June carried it over the threshold.",
            "criteria": _CRITERIA,
            "groups": _GROUPS,
            "due_at": _DUE,
            **_ANSWER,
        },
        _optional("why_now", *_CRITERIA_OPTIONAL, people=("lead", "sdr", "approver")),
    ),
    Message(
        "reminder",
        "whoever is responsible",
        {
            "to": _AE,
            "what": "answer the introduction",
            "lead": _LEAD,
            "due_at": _DUE,
            **_ANSWER,
        },
        _optional("answer_url", "answer_command", people=("lead", "to")),
    ),
    Message(
        "escalation",
        "the manager of whoever is responsible",
        {
            "to": _MANAGER,
            "responsible": _AE,
            "what": "answer the introduction",
            "lead": _LEAD,
            "due_at": _DUE,
            "is_overdue": True,
            **_ANSWER,
        },
        _optional("answer_url", "answer_command", people=("lead", "to", "responsible")),
    ),
    Message(
        "contact_failed",
        "the SDR",
        {
            "lead": _LEAD,
            "sdr": _SDR,
            "what": "the introduction",
            "reason": "550 no such mailbox",
        },
        _optional(),
    ),
    Message(
        "returned_feedback",
        "the SDR",
        {
            "lead": _LEAD,
            "sdr": _SDR,
            "ae": _AE,
            "unmet": [{"name": "We are talking to someone who decides"}],
            "feedback": "She likes it, but the CFO decides and was not there.",
            "check_in_on": date(2025, 9, 1),
        },
        _optional("check_in_on"),
    ),
    Message(
        "later_activity",
        "the AE who owns the leads",
        {
            "ae": _AE,
            "leads": 2,
            "first": {"name": "Jana Novak", "did": "Attended a webinar"},
            "activities": [
                {
                    "what": "Attended a webinar",
                    "about": "Routing leads fairly",
                    "people": [
                        {
                            "lead": "Jana Novak",
                            "company": "Alder Works",
                            "asked": "Does it work with our CRM?",
                            "at": _AT,
                        },
                        {"lead": "Bo Kim", "company": None, "asked": None, "at": _AT},
                    ],
                }
            ],
        },
        _optional("activities.about", "activities.people.company", "activities.people.asked"),
    ),
    Message(
        "transferred",
        "the SDR and the AE",
        {
            "lead": _LEAD,
            "sdr": _SDR,
            "ae": _AE,
            "feedback": "A real project with a date.",
            "opted_out": False,
        },
        _optional("feedback"),
    ),
)

CATALOGUE: dict[str, Message] = {message.name: message for message in _ALL}
