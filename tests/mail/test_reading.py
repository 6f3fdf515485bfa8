from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baton.adapters.calendar.invites import build_request
from baton.adapters.calendar.port import Attendee, Invitation
from baton.adapters.mail.incoming import IncomingMail
from baton.adapters.mail.reading import own_words, read_mail
from baton.domain.meeting import Attendance, MessageClass
from baton.messages.composing import EFFECT_HEADER, Letter, compose, message_id
from baton.messages.rendering import Rendered
from baton.testing.mail import (
    auto_reply_mail,
    bounce_mail,
    calendar_reply_mail,
    reply_mail,
)
from tests.mail.messages import ANA, AT, JANA, OWN, SENT_ID, TRACKING, introduction, raw

C = MessageClass


def read(content: bytes) -> IncomingMail:
    return read_mail(content, own_address=OWN)


def invite() -> bytes:
    ae, lead = Attendee(ANA[1], ANA[0], "ae"), Attendee(JANA[1], JANA[0], "lead")
    request = build_request(
        Invitation(
            uid="m-1@seller.example",
            sequence=1,
            starts_at=AT,
            ends_at=AT.replace(hour=10),
            time_zone="Europe/Berlin",
            summary="Talk",
            description="",
            location="",
            organizer=ae,
            attendees=(ae, lead),
            stamped_at=AT,
            reply_to=TRACKING,
        )
    )
    letter = Letter(
        message_id=message_id("h1:invite:1", "seller.example"),
        from_name=ANA[0],
        from_email=OWN,
        sender=OWN,
        to=(JANA, ANA),
        sent_at=AT,
        headers={EFFECT_HEADER: "h1:invite:1"},
        calendar=request,
        calendar_method="REQUEST",
    )
    return compose(letter, Rendered("Invitation", "Please come.\n", "<p>Please come.</p>"))


def test_a_reply_is_a_persons_words_without_the_quote() -> None:
    mail = read(reply_mail(introduction(), sender=JANA, text="Sounds good.\n\nJana", at=AT))
    assert mail.message_class is C.HUMAN_REPLY
    assert mail.sender == "jana@alder.example"
    assert mail.references == (SENT_ID,)
    assert TRACKING in mail.recipients
    assert mail.subject == "Re: Introduction: Jana Novak and Ana Ortiz"
    assert mail.text.startswith("Sounds good.")
    assert "unsubscribe" not in mail.text


def test_our_own_copy_is_known() -> None:
    for content in (introduction(), invite()):
        assert read(b"Delivered-To: " + TRACKING.encode() + b"\r\n" + content).message_class is (
            C.TRACKING_COPY
        )
    assert read(introduction()).message_id == SENT_ID


def test_an_answer_that_carries_our_header_is_no_copy() -> None:
    assert read(raw("Fine", f"{EFFECT_HEADER}: h1:introduction:1")).message_class is C.HUMAN_REPLY


def test_a_calendar_reply_says_who_answered_what() -> None:
    content = calendar_reply_mail(
        invite(), sender=JANA, attendance=Attendance.DECLINED, at=AT, comment="Rather Friday"
    )
    mail = read(content)
    assert mail.message_class is C.CALENDAR_REPLY
    assert mail.calendar_reply is not None
    assert mail.calendar_reply.uid == "m-1@seller.example"
    assert mail.calendar_reply.sequence == 1
    assert mail.calendar_reply.email == "jana@alder.example"
    assert mail.calendar_reply.reply is Attendance.DECLINED
    assert mail.calendar_reply.comment == "Rather Friday"


def test_a_bounce_names_the_address_and_the_message() -> None:
    mail = read(bounce_mail(introduction(), recipient="jana@alder.example", to=OWN, at=AT))
    assert mail.message_class is C.BOUNCE
    assert mail.bounced == ("jana@alder.example",)
    assert SENT_ID in mail.references


def test_an_out_of_office_answer_is_automatic() -> None:
    content = auto_reply_mail(introduction(), sender=JANA, text="Back on Monday.", at=AT)
    assert read(content).message_class is C.AUTO_REPLY


def report(*fields: str, kind: str = "delivery-status") -> bytes:
    body = "--x\nContent-Type: text/plain\n\nSee below.\n"
    body += "\n".join(("", "--x", f"Content-Type: message/{kind}", "", "Reporting-MTA: dns; mx"))
    body += "\n".join(("\n", *fields, "", "--x--", ""))
    header = f"Content-Type: multipart/report; report-type={kind}; boundary=x"
    return raw(body, header, "Subject: Report", sender="mailer-daemon@alder.example")


FAILED = ("Final-Recipient: rfc822; jana@alder.example", "Action: failed", "Status: 5.1.1")
DELAYED = ("Final-Recipient: rfc822; jana@alder.example", "Action: delayed", "Status: 4.4.1")
DONE = ("Final-Recipient: rfc822; jana@alder.example", "Action: delivered", "Status: 2.0.0")

SAMPLES = [
    # People.
    (C.HUMAN_REPLY, raw("Thanks, let us talk on Tuesday.")),
    (C.HUMAN_REPLY, raw("Can we stop by your booth?")),
    (C.HUMAN_REPLY, raw("I do not want to unsubscribe, please go on.")),
    (C.HUMAN_REPLY, raw("How do I unsubscribe?")),
    (C.HUMAN_REPLY, raw("If you write again I will unsubscribe me from the list.")),
    (C.HUMAN_REPLY, raw("Please do not call me at work, write instead.")),
    (C.HUMAN_REPLY, raw("Please don't contact me until September.")),
    (C.HUMAN_REPLY, raw("Please do not contact me, contact Eva instead.")),
    (C.HUMAN_REPLY, raw("Don't email me before Friday.")),
    (C.HUMAN_REPLY, raw("My colleague said: remove me from your list.")),
    (C.HUMAN_REPLY, raw("Not interested at the moment, sorry.")),
    (C.HUMAN_REPLY, raw("We had to stop the project.")),
    (C.HUMAN_REPLY, raw("Our newsletter has an unsubscribe link, does yours?")),
    (C.HUMAN_REPLY, raw("Ich melde mich nach dem Urlaub.")),
    (C.HUMAN_REPLY, raw("Ok", "Subject: Re: Automatic reply: Introduction")),
    (C.HUMAN_REPLY, raw("We sell these.", "Subject: Out of office furniture")),
    (C.HUMAN_REPLY, raw("", "In-Reply-To: <other@there.example>")),
    (C.HUMAN_REPLY, raw("Yes", "Auto-Submitted: no")),
    (C.HUMAN_REPLY, raw("Hello\n\n-----Original Message-----\nFrom: Sam\n\nunsubscribe")),
    (C.HUMAN_REPLY, raw("Hello\n\nAm 01.06.2025 um 09:00 schrieb Sam Reed:\n> unsubscribe")),
    (
        C.HUMAN_REPLY,
        raw(
            "<p>Gladly.</p><blockquote>Please unsubscribe me</blockquote>",
            "Content-Type: text/html; charset=utf-8",
        ),
    ),
    # Wishes not to be contacted.
    (C.OPT_OUT, raw("unsubscribe")),
    (C.OPT_OUT, raw("Unsubscribe.\n\nJana Novak")),
    (
        C.OPT_OUT,
        raw("UNSUBSCRIBE!\n\nOn Sun, Jun 1, 2025 at 9:00 AM Sam <s@x.example> wrote:\n> hi"),
    ),
    (C.OPT_OUT, raw("STOP")),
    (C.OPT_OUT, raw("Stop\n\nSent from my iPhone")),
    (C.OPT_OUT, raw("Hi Sam,\n\nremove me please.\n\nJana")),
    (C.OPT_OUT, raw("Please never contact me again.")),
    (C.OPT_OUT, raw("Thank you, but no. Please do not contact me again.")),
    (C.OPT_OUT, raw("Please don\u2019t email me anymore!")),
    (C.OPT_OUT, raw("Stop emailing me.")),
    (C.OPT_OUT, raw("Please remove me from your mailing list.")),
    (C.OPT_OUT, raw("Take me off your list, thanks")),
    (C.OPT_OUT, raw("I would like to be unsubscribed.")),
    (C.OPT_OUT, raw("Thanks for the offer, but please unsubscribe me.")),
    (C.OPT_OUT, raw("Bitte kontaktieren Sie mich nicht mehr.")),
    (C.OPT_OUT, raw("Bitte nehmen Sie mich aus Ihrem Verteiler.")),
    (C.OPT_OUT, raw("Abmelden")),
    (C.OPT_OUT, raw("Merci de ne plus insister. Ne me contactez plus.")),
    (C.OPT_OUT, raw("D\u00e9sabonnez-moi, merci")),
    (C.OPT_OUT, raw("Por favor, no me contacten m\u00e1s.")),
    (C.OPT_OUT, raw("Non contattatemi pi\u00f9")),
    (C.OPT_OUT, raw("N\u00e3o me contate mais, por favor.")),
    (C.OPT_OUT, raw("Neem geen contact meer op.")),
    (C.OPT_OUT, raw("whatever", f"To: {OWN.replace('@', '+unsubscribe@')}")),
    (C.OPT_OUT, raw("", f"To: {OWN.replace('@', '+unsubscribe-7c1e@')}")),
    (C.OPT_OUT, raw("", "Subject: unsubscribe")),
    (
        C.OPT_OUT,
        raw("<div>Unsubscribe</div>", "Content-Type: text/html; charset=utf-8"),
    ),
    # Machines.
    (C.AUTO_REPLY, raw("Away", "Auto-Submitted: auto-replied")),
    (C.AUTO_REPLY, raw("unsubscribe", "Auto-Submitted: auto-generated (vacation)")),
    (C.AUTO_REPLY, raw("Away", "X-Autoreply: yes")),
    (C.AUTO_REPLY, raw("Away", "Precedence: auto_reply")),
    (C.AUTO_REPLY, raw("Away", "Subject: Out of Office: Introduction")),
    (C.AUTO_REPLY, raw("Away", "Subject: Automatic reply: Introduction")),
    (C.AUTO_REPLY, raw("Weg", "Subject: Automatische Antwort: Introduction")),
    (C.AUTO_REPLY, raw("Weg", "Subject: Abwesenheitsnotiz")),
    (C.AUTO_REPLY, raw("Loin", "Subject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_Intro?=")),
    (C.AUTO_REPLY, raw("Fuera", "Subject: Fuera de la oficina")),
    (C.AUTO_REPLY, raw("Fuori", "Subject: Risposta automatica: Introduction")),
    (C.AUTO_REPLY, raw("Weg", "Subject: Automatisch antwoord: Introduction")),
    (C.AUTO_REPLY, raw("...", "Subject: =?utf-8?b?6Ieq5YuV5b+c562U?=")),
    (C.AUTO_REPLY, raw("Away", "Return-Path: <>", "Subject: Out of office")),
    (C.AUTO_REPLY, report(*DONE)),
    (C.AUTO_REPLY, report("Disposition: displayed", kind="disposition-notification")),
    # Failures.
    (C.BOUNCE, report(*DELAYED)),
    (
        C.BOUNCE,
        raw("Will retry", "Subject: Delivery delayed", sender="mailer-daemon@alder.example"),
    ),
    (C.BOUNCE, report(*FAILED)),
    (C.BOUNCE, report(*DONE, "", *FAILED)),
    (C.BOUNCE, raw("No such user", "Subject: failure", sender="MAILER-DAEMON@mx.example")),
    (
        C.BOUNCE,
        raw("No such user: eva@alder.example", "Return-Path: <>", sender="postbox@mx.example"),
    ),
    (C.BOUNCE, raw("It failed", "X-Failed-Recipients: jana@alder.example")),
    # A person must look.
    (C.UNKNOWN, raw("Buy this", "In-Reply-To:", f"To: {OWN}")),
    (C.UNKNOWN, raw("News", "List-Id: <news.there.example>")),
    (C.UNKNOWN, raw("News", "Precedence: bulk")),
    (C.UNKNOWN, raw("Hm", sender="")),
    (C.UNKNOWN, raw("It failed", "Return-Path: <>", sender="postbox@mx.example")),
    (C.UNKNOWN, report("Feedback-Type: auth-failure", kind="feedback-report")),
    (
        C.UNKNOWN,
        raw(
            "BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR",
            "Content-Type: text/calendar; method=REPLY",
        ),
    ),
    (
        C.UNKNOWN,
        raw(
            "BEGIN:VCALENDAR\nMETHOD:COUNTER\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR",
            "Content-Type: text/calendar; method=COUNTER",
        ),
    ),
]


@pytest.mark.parametrize(("expected", "content"), SAMPLES)
def test_messages_are_told_apart(expected: MessageClass, content: bytes) -> None:
    mail = read(content)
    assert mail.message_class is expected, mail.note
    assert mail.note


def test_our_own_words_sent_back_unquoted_are_no_opt_out() -> None:
    ours = read(introduction()).text
    whole = f'Great!\n\n{ours}\n\nWould you rather not hear from us? Reply "unsubscribe" and nobody'
    assert read(raw(whole)).message_class is C.HUMAN_REPLY


def test_a_bounce_without_a_report_names_the_addresses_in_its_text() -> None:
    mail = read(
        raw(
            f"Sorry, {OWN}.\nJana@Alder.example is not here.",
            f"To: {OWN}",
            sender="mailer-daemon@alder.example",
        )
    )
    assert mail.bounced == ("jana@alder.example",)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Yes.\n\nOn Mon, 2 Jun 2025 at 10:00, Sam <s@x.example> wrote:\n> a\n> b", "Yes."),
        ("Ja.\n\nAm 02.06.2025 um 10:00 schrieb Sam Reed:\n\n> a", "Ja."),
        ("Oui.\n\nLe lun. 2 juin 2025 \u00e0 10:00, Sam <s@x.example> a \u00e9crit :\n> a", "Oui."),
        (
            "Yes.\n\n________________________________\nFrom: S\nSent: now\nTo: J\nSubject: x\n\na",
            "Yes.",
        ),
        ("Yes.\n-----Original Message-----\nFrom: Sam\na", "Yes."),
        ("> quoted\nMy answer", "My answer"),
        ("Just this", "Just this"),
        ("", ""),
    ],
)
def test_quotes_are_taken_out(text: str, own: str) -> None:
    assert own_words(text) == own


@pytest.mark.parametrize(
    ("content", "subject", "text"),
    [
        (
            raw("", "Subject: x").replace(b"utf-8", b"latin-1")
            + "gr\u00fc\u00df".encode("latin-1"),
            "x",
            "gr\u00fc\u00df",
        ),
        (
            raw("", "Subject: x").replace(b"utf-8", b"no-such-charset") + "gr\u00fc\u00df".encode(),
            "x",
            "gr\u00fc\u00df",
        ),
        (raw("hi", "Subject: =?utf-8?b?broken"), "=?utf-8?b?broken", "hi"),
        (raw("hi", "Subject: a\r\n b"), "a b", "hi"),
    ],
)
def test_wrong_charsets_and_headers_are_read_as_well_as_can_be(
    content: bytes, subject: str, text: str
) -> None:
    mail = read(content)
    assert (mail.subject, mail.text) == (subject, text)


def test_endless_nesting_is_kept_and_shown_not_raised() -> None:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(5000)
    )
    mail = read(b"From: jana@alder.example\r\nMessage-ID: <1@alder.example>\r\n" + nested)
    assert mail.message_class in {C.UNREADABLE, C.UNKNOWN}
    assert mail.note


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"no header at all",
        b"From: =?utf-8?q?=ff?= <\xff@\xfe>\r\n\r\n",
        b"Content-Type: multipart/mixed\r\n\r\nx",
        b"Content-Type: text/plain; charset=\r\nContent-Transfer-Encoding: base64\r\n\r\n!!",
        b"Content-Type: text/calendar; name*0*=x'y'%ff; name=\"\r\n\r\nBEGIN:",
        b"Content-Type: message/delivery-status\r\n\r\nAction\r\n\r\n: :\r\n",
        b"In-Reply-To: " + b"<" * 10_000 + b"\r\n\r\n",
    ],
)
def test_broken_messages_are_no_opt_out_and_no_reply(content: bytes) -> None:
    assert read(content).message_class in {C.UNKNOWN, C.UNREADABLE, C.HUMAN_REPLY}


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 3))
def test_nothing_that_comes_in_raises(noise: bytes, where: int) -> None:
    base = (introduction(), invite(), report(*FAILED), raw("hi"))[where]
    middle = len(base) // 2
    read(base[:middle] + noise + base[middle:])
    read(noise)


def test_a_huge_message_does_not_keep_us_busy() -> None:
    assert read(raw("word " * 400_000)).message_class is C.HUMAN_REPLY
    assert read(raw("-\n_ \n>" * 200_000)).message_class is C.HUMAN_REPLY
