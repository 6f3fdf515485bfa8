"""The judge: reads the counterparts' logs and finds what Baton promised and did not keep.

It sees what the mail server and the CRM took, what people remember having said, who was imported,
and which place Baton names for each lead in the end. It never looks into Baton's tables.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from benchmarks.chaos.agendas import REQUEST, double_bookings, inside, left_behind
from benchmarks.chaos.evidence import Evidence, Violation
from benchmarks.chaos.records import Mail, Saying, Write

# A mail that was handed over when a wish was being written down may still arrive: so many seconds.
CROSSING_SECONDS = 12.0
INVITE = "invite"


@dataclass(slots=True)
class _Case:
    """One hand-off as the outside saw it."""

    lead: str = ""
    mails: list[Mail] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    sayings: list[Saying] = field(default_factory=list)

    def said(self, what: str) -> list[Saying]:
        return [saying for saying in self.sayings if saying.what == what]

    def outcomes(self, *kinds: str) -> list[Saying]:
        """Return the outcomes of these kinds that Baton may have taken."""
        return [
            saying
            for saying in self.said("outcome")
            if saying.detail["kind"] in kinds and (not saying.is_refused or saying.is_unsure)
        ]

    def taken(self, kind: str, value: str = "") -> list[Write]:
        """Return the writes of this kind that changed something at the CRM."""
        return [
            write
            for write in self.writes
            if write.kind == kind
            and not write.is_repeat
            and (not value or value in write.body.values())
        ]


def judge(evidence: Evidence) -> list[Violation]:
    """Return every violation, in the order of the rules."""
    cases = _cases(evidence)
    found: list[Violation] = []
    for rule in (_suspects, _transfers, _returns):
        for name, case in cases.items():
            found += rule(case.lead or name, case)
    found += _after_opt_outs(evidence)
    found += _places(evidence, cases)
    for name, case in cases.items():
        found += _once(case.lead or name, case)
    found += _same_write_twice(evidence)
    for case in cases.values():
        found += left_behind(case.mails)
    found += double_bookings(evidence)
    return found


def _lead(address: str) -> str:
    """Name the lead: each has a company of its own, and perhaps another address there."""
    return address.rpartition("@")[2]


def _outside(mail: Mail) -> list[str]:
    """Return who of its recipients is none of our own people."""
    return [a for a in mail.recipients if not a.endswith("@seller.example")]


def lasting(violations: Sequence[Violation]) -> list[Violation]:
    """Return those that are none merely because something is not done yet."""
    done = {"I1", "I4", "I7"}
    return [v for v in violations if v.rule in done or (v.rule == "I6" and " times" in v.what)]


def _cases(evidence: Evidence) -> dict[str, _Case]:
    cases: dict[str, _Case] = defaultdict(_Case)
    for mail in evidence.mails:
        case = cases[mail.hand_off]
        case.mails.append(mail)
        case.lead = case.lead or _lead(next(iter(_outside(mail)), ""))
    for write in evidence.writes:
        if not write.hand_off.startswith("lead-"):
            cases[write.hand_off].writes.append(write)
    for saying in evidence.sayings:
        if saying.hand_off:
            cases[saying.hand_off].sayings.append(saying)
    return dict(cases)


# I1


def _suspects(who: str, case: _Case) -> Iterator[Violation]:
    for write in case.taken("crm_status", "suspect"):
        if not any(m.kind == "introduction" and m.tick < write.tick for m in case.mails):
            yield Violation("I1", who, "a suspect without an introduction")
        accepted: dict[int, set[str]] = defaultdict(set)
        for saying in case.said("accepted"):
            if saying.tick < write.tick:
                accepted[saying.detail["sequence"]].add(saying.who)
        if not any(len(sides) > 1 for sides in accepted.values()):
            yield Violation("I1", who, "a suspect without both acceptances")
        answered = (s for s in case.said("answered") if _lead(s.who) != case.lead)
        if not any(saying.tick < write.tick for saying in answered):
            yield Violation("I1", who, "a suspect to whom no AE had answered")


# I2


def _transfers(who: str, case: _Case) -> Iterator[Violation]:
    owners = case.taken("crm_owner")
    qualified = case.taken("crm_status", "sales_qualified")
    for write in (*owners, *qualified):
        if not any(s.tick < write.tick for s in case.outcomes("met")):
            yield Violation("I2", who, f"{write.kind} without an AE who said that it is met")
    if bool(owners) != bool(qualified):
        yield Violation("I2", who, "status and owner did not change together")


# I3


def _returns(who: str, case: _Case) -> Iterator[Violation]:
    for write in case.taken("crm_status", "nurture"):
        said = [s for s in case.outcomes("not_met", "no_show") if s.tick < write.tick]
        if not said:
            yield Violation("I3", who, "returned without an AE's word")
            continue
        words = {s.detail["feedback"] for s in said if s.detail["kind"] == "not_met"}
        notes = [w.body["text"] for w in case.taken("crm_note", "Returned to nurture")]
        if words and not any(word in note for word in words for note in notes):
            yield Violation("I3", who, "returned, and the CRM does not have the AE's words")
        letters = [_plain(m.text) for m in case.mails if m.name == "returned"]
        if words and not any(_plain(word) in text for word in words for text in letters):
            yield Violation("I3", who, "returned, and the SDR was not told the AE's words")


def _plain(text: str) -> str:
    return " ".join(text.split())


# I4


def _after_opt_outs(evidence: Evidence) -> Iterator[Violation]:
    wishes: dict[str, Saying] = {}
    for saying in evidence.sayings:
        if saying.what == "opted_out" and saying.known_tick is not None:
            wishes.setdefault(saying.who, saying)
    for mail in evidence.mails:
        for recipient in mail.recipients:
            wish = wishes.get(recipient)
            if wish is not None and is_after(mail, wish):
                yield Violation("I4", recipient, f"got {mail.kind} after the wish for no mail")


def is_after(mail: Mail, wish: Saying) -> bool:
    """Return whether the mail was handed over when the wish was long known.

    One that was on its way when the wish came may cross it. The business clock does not jump while
    anything is on its way, so whatever comes at a later business hour did not cross.
    """
    assert wish.known_tick is not None
    assert wish.known_at is not None
    return mail.tick > wish.known_tick + CROSSING_SECONDS or (
        mail.tick > wish.known_tick
        and (mail.at - wish.known_at).total_seconds() > mail.tick - wish.known_tick + 1
    )


# I5


def _places(evidence: Evidence, cases: dict[str, _Case]) -> Iterator[Violation]:
    for what in evidence.stuck:
        yield Violation("I5", "", f"stands still: {what}")
    named = Counter(_lead(placed.email) for placed in evidence.placed)
    for email in evidence.imported:
        if named[_lead(email)] != 1:
            yield Violation("I5", email, f"is in {named[_lead(email)]} places")
    transferred = {case.lead for case in cases.values() if case.taken("crm_owner")}
    returned = {case.lead for case in cases.values() if case.taken("crm_status", "nurture")}
    wishes = {_lead(s.who) for s in evidence.sayings if s.what == "opted_out" and s.known_tick}
    for placed in evidence.placed:
        expected = _expected(_lead(placed.email), transferred, returned, wishes)
        if placed.place not in expected:
            yield Violation(
                "I5", placed.email, f"is {placed.place}; the logs say {' or '.join(expected)}"
            )


def _expected(
    lead: str, transferred: set[str], returned: set[str], wishes: set[str]
) -> tuple[str, ...]:
    if lead in transferred:
        return ("with_ae",)
    if lead in wishes:
        # A wish that came in a file is respected when a message is due, or by the next batch.
        return ("closed", "nurture", "quarantined")
    if lead in returned:
        return ("nurture",)
    return ("nurture", "quarantined")


# I6


def _once(who: str, case: _Case) -> Iterator[Violation]:
    yield from _same_mail_twice(who, case)
    introductions = [m for m in case.mails if m.kind == "introduction"]
    met = Counter((a, ae) for m in introductions for a in _outside(m) for ae in inside(m))
    for (address, _), times in met.items():
        if times > 1:
            yield Violation("I6", who, f"introduced {times} times at {address}")
    for before, mail in pairwise(introductions):
        left = set(inside(before)) - set(inside(mail))
        said_no = {s.who for s in case.said("declined") if s.tick < mail.tick}
        if left - said_no:
            yield Violation(
                "I6", who, "another AE was introduced though the first had not declined"
            )
    if not introductions and any(m.kind == INVITE for m in case.mails):
        yield Violation("I6", who, "invited and never introduced")
    yield from _invites(who, case)
    owners = case.taken("crm_owner")
    said_met = [s for s in case.outcomes("met") if not s.is_refused]
    if len(owners) > 1:
        yield Violation("I6", who, f"the owner changed {len(owners)} times")
    if said_met and not owners:
        yield Violation("I6", who, "an AE said that it is met, and the owner never changed")
    said_not = [s for s in case.outcomes("not_met") if not s.is_refused]
    if said_not and len(case.taken("crm_status", "nurture")) != 1:
        yield Violation("I6", who, "an AE gave it back, and the CRM does not say so once")


def _same_mail_twice(who: str, case: _Case) -> Iterator[Violation]:
    seen: Counter[tuple[str, str, str]] = Counter()
    for mail in case.mails:
        for recipient in mail.recipients:
            seen[recipient, mail.kind, mail.name] += 1
    for (recipient, kind, name), times in seen.items():
        if times > 1:
            yield Violation("I6", who, f"{recipient} got {kind} {name} {times} times")


def _invites(who: str, case: _Case) -> Iterator[Violation]:
    """Each version of an invite goes out once, and a further one only if somebody asked for it."""
    versions: Counter[tuple[str, int]] = Counter()
    for mail in case.mails:
        invite = mail.invite
        if invite is None or invite.method != REQUEST:
            continue
        versions[invite.uid, invite.sequence] += 1
        if invite.sequence and not _was_wanted(case, mail):
            yield Violation("I6", who, f"invite {invite.sequence} that nobody had asked for")
    for (_, sequence), times in versions.items():
        if times > 1:
            yield Violation("I6", who, f"invite {sequence} went out {times} times")


def _was_wanted(case: _Case, mail: Mail) -> bool:
    """Return whether it is asked for, reaches the lead elsewhere, or is the first that came."""
    before = [
        earlier
        for earlier in case.mails
        if earlier.tick < mail.tick and earlier.invite and earlier.invite.method == REQUEST
    ]
    if not before or _outside(before[-1]) != _outside(mail):
        return True
    assert before[-1].invite is not None
    last = before[-1].invite.sequence
    declined = any(
        s.detail["sequence"] == last and s.tick < mail.tick for s in case.said("declined")
    )
    moved = any(s.tick < mail.tick for s in case.outcomes("rescheduled", "no_show"))
    return declined or moved


def _same_write_twice(evidence: Evidence) -> Iterator[Violation]:
    taken = Counter(w.external_id for w in evidence.writes if not w.is_repeat)
    for external_id, times in taken.items():
        if times > 1:
            yield Violation("I6", external_id, f"changed the CRM {times} times")
    notes = Counter(
        (w.hand_off, w.body["title"], _to_whom(w))
        for w in evidence.writes
        if w.kind in ("crm_note", "crm_task") and not w.is_repeat
    )
    for (hand_off, title, _), times in notes.items():
        if times > 1:
            yield Violation("I6", hand_off, f"'{title}' stands in the CRM {times} times")


def _to_whom(write: Write) -> str:
    """Return what tells the writes about one AE from those about another."""
    is_introduction = write.body["title"] == "Introduced to sales"
    return str(write.body.get("assignee_email") or (is_introduction and write.body["text"]) or "")
