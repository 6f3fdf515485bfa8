"""Every message that Baton sends, and the variables that its text may use.

The sample is the shape: a text sees these keys and no others, whatever is passed, so that nothing
that is meant for colleagues can reach a lead through a text. Instants are aware UTC; texts show
them in the reader's zone with `|local(zone)`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from baton.messages import samples
from baton.messages.message import Message

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


def _optional(*names: str, people: tuple[str, ...] = ("lead", "sdr", "ae")) -> frozenset[str]:
    of_people = {f"{person}.{key}" for person in people for key in _PERSON_OPTIONAL}
    return frozenset(names) | of_people


_CRITERIA_OPTIONAL = ("criteria.ask", "criteria.evidence.value")

_ALL = (
    Message(
        "introduction",
        "the lead; the AE in Cc",
        {
            "lead": samples.OPEN_LEAD,
            "sdr": samples.OPEN_SDR,
            "ae": samples.OPEN_REP,
            "why_ae": {"owns_account": False, "same_country": True, "same_language": True},
            "needs": "Plan shifts across three plants without spreadsheets.",
            **samples.PLAN,
            **samples.MEETING,
            "times_url": "https://baton.seller.example/times/IjdjMWUi.aIxOQA.5Gk2",
            **samples.UNSUBSCRIBE,
        },
        _optional(
            "why_ae",
            "needs",
            *samples.PLAN_OPTIONAL,
            "starts_at",
            "ends_at",
            "location",
            "times_url",
            "unsubscribe_url",
        ),
        is_for_lead=True,
    ),
    Message(
        "context_packet",
        "the AE",
        {
            "lead": samples.LEAD,
            "sdr": samples.SDR,
            "ae": samples.AE,
            "now": samples.DUE,
            "origin": "paid_search",
            "campaign": "shift-planning-spring",
            "history": [
                {
                    "at": samples.DUE,
                    "kind": "demo_request",
                    "detail": "Asked for a demo on /pricing",
                },
                {"at": samples.DUE, "kind": "phone from Sam Reed", "detail": "Left a message."},
                {"at": samples.DUE, "kind": "webinar", "detail": ""},
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
            "score": samples.SCORE,
            "why_now": "A demo request on 2 June carried it over the threshold.",
            "criteria": samples.CRITERIA,
            "groups": samples.GROUPS,
            "notes": "Was warm and quick on the phone.",
            "needs": "Plan shifts across three plants without spreadsheets.",
            "timetable": "Wants to start in September.",
            "answers": [{"question": "Who decides?", "answer": "She does, with the CFO."}],
            "preferred_channel": "phone",
            "preferred_time": "mornings",
            **samples.PLAN,
            **samples.MEETING,
            "due_at": samples.DUE,
            **samples.ANSWER,
        },
        _optional(
            *samples.PLAN_OPTIONAL,
            "answer_command",
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
            "lead": samples.OPEN_LEAD,
            "sdr": samples.OPEN_SDR,
            "ae": samples.OPEN_REP,
            **samples.MEETING,
            "is_new_time": False,
            **samples.UNSUBSCRIBE,
        },
        _optional("location", "unsubscribe_url"),
        is_for_lead=True,
    ),
    Message(
        "appointment",
        "the calendars of the lead and the AE: title and description of the meeting",
        {"lead": samples.OPEN_LEAD, "sdr": samples.OPEN_SDR, "ae": samples.OPEN_REP},
        _optional(),
        is_for_lead=True,
        is_mail=False,
    ),
    Message(
        "invite_cancelled",
        "the lead and the AE, with the calendar part",
        {
            "lead": samples.OPEN_LEAD,
            "sdr": samples.OPEN_SDR,
            "ae": samples.OPEN_REP,
            "starts_at": samples.AT,
            **samples.UNSUBSCRIBE,
        },
        _optional("unsubscribe_url"),
        is_for_lead=True,
    ),
    Message(
        "opted_out",
        "the AE, with the calendar part, when the lead of a proposed meeting opts out",
        {"lead": samples.LEAD, "sdr": samples.SDR, "ae": samples.AE, "starts_at": samples.AT},
        _optional(),
    ),
    Message(
        "replaced",
        "the AE who declined, with the calendar part, when another AE takes over",
        {"lead": samples.LEAD, "sdr": samples.SDR, "ae": samples.AE, "starts_at": samples.AT},
        _optional(),
    ),
    Message(
        "counter_offered",
        "the AE, when the lead proposes another time",
        {
            "lead": samples.LEAD,
            "sdr": samples.SDR,
            "ae": samples.AE,
            "starts_at": samples.AT,
            "proposed_at": samples.END,
            "comment": "I could do it half an hour later.",
            "is_in_hours": True,
            **samples.ANSWER,
        },
        _optional("comment"),
    ),
    Message(
        "counter_declined",
        "the lead, the AE in Cc, with the calendar part",
        {
            "lead": samples.OPEN_LEAD,
            "sdr": samples.OPEN_SDR,
            "ae": samples.OPEN_REP,
            "starts_at": samples.AT,
            "proposed_at": samples.END,
            **samples.UNSUBSCRIBE,
        },
        _optional("unsubscribe_url"),
        is_for_lead=True,
    ),
    Message(
        "counter_impossible",
        "the AE, with the calendar part",
        {
            "lead": samples.LEAD,
            "sdr": samples.SDR,
            "ae": samples.AE,
            "starts_at": samples.AT,
            "proposed_at": samples.END,
            "reason": "you are in another meeting then",
        },
        _optional(),
    ),
    Message(
        "meeting_declined",
        "the AE and the SDR, when one side declines a meeting that both had accepted",
        {
            "lead": samples.LEAD,
            "sdr": samples.SDR,
            "ae": samples.AE,
            "who": "Jana Novak",
            "starts_at": samples.AT,
            "comment": "Something came up.",
        },
        _optional("comment"),
    ),
    Message(
        "no_meeting",
        "the SDR, when no meeting came about",
        {
            "lead": samples.LEAD,
            "sdr": samples.SDR,
            "ae": samples.AE,
            "reason": "3 proposed times were declined",
            "check_in_on": date(2025, 9, 1),
        },
        _optional(),
    ),
    Message(
        "outcome_request",
        "the AE, after the meeting",
        {
            "lead": samples.LEAD,
            "sdr": samples.SDR,
            "ae": samples.AE,
            "starts_at": samples.AT,
            "criteria": [
                {"id": "fits-our-market", "name": "The company fits our market"},
                {"id": "decides", "name": "We are talking to someone who decides"},
            ],
            "due_at": samples.DUE,
            **samples.ANSWER,
        },
        _optional(),
    ),
    Message(
        "questions",
        "the SDR",
        {
            "lead": samples.LEAD,
            "sdr": samples.SDR,
            "questions": [{"id": "decides", "ask": "Who decides about the purchase?"}],
            "due_at": samples.DUE,
            **samples.ANSWER,
        },
        _optional(),
    ),
    Message(
        "approval_request",
        "the approver",
        {
            "lead": samples.LEAD,
            "sdr": samples.SDR,
            "approver": samples.MANAGER,
            "score": samples.SCORE,
            "why_now": "A demo request on 2 June carried it over the threshold.",
            "criteria": samples.CRITERIA,
            "groups": samples.GROUPS,
            "due_at": samples.DUE,
            **samples.ANSWER,
        },
        _optional("why_now", *_CRITERIA_OPTIONAL, people=("lead", "sdr", "approver")),
    ),
    Message(
        "reminder",
        "whoever is responsible",
        {
            "to": samples.AE,
            "what": "answer the introduction",
            "lead": samples.LEAD,
            "due_at": samples.DUE,
            **samples.ANSWER,
        },
        _optional("answer_url", "answer_command", people=("lead", "to")),
    ),
    Message(
        "escalation",
        "the manager of whoever is responsible",
        {
            "to": samples.MANAGER,
            "responsible": samples.AE,
            "what": "answer the introduction",
            "lead": samples.LEAD,
            "due_at": samples.DUE,
            "is_overdue": True,
            **samples.ANSWER,
        },
        _optional("answer_url", "answer_command", people=("lead", "to", "responsible")),
    ),
    Message(
        "contact_failed",
        "the SDR",
        {
            "lead": samples.LEAD,
            "sdr": samples.SDR,
            "what": "the introduction",
            "reason": "550 no such mailbox",
        },
        _optional(),
    ),
    Message(
        "returned_feedback",
        "the SDR",
        {
            "lead": samples.LEAD,
            "sdr": samples.SDR,
            "ae": samples.AE,
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
            "ae": samples.AE,
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
                            "at": samples.AT,
                        },
                        {"lead": "Bo Kim", "company": None, "asked": None, "at": samples.AT},
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
            "lead": samples.LEAD,
            "sdr": samples.SDR,
            "ae": samples.AE,
            "feedback": "A real project with a date.",
            "opted_out": False,
        },
        _optional("feedback"),
    ),
)

CATALOGUE: dict[str, Message] = {message.name: message for message in _ALL}
