from __future__ import annotations

import email
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from baton.errors import InputError
from baton.messages.composing import (
    Letter,
    clean,
    compose,
    message_id,
    token_of,
    tracking_address,
)
from baton.messages.rendering import Rendered

OWN = "handoffs@seller.example"
AT = datetime(2025, 6, 1, 9, 0, tzinfo=UTC)
TEXT = Rendered("Hello", "text \u00fc\n", "<p>html \u00fc</p>\n")


def letter(**changes: object) -> Letter:
    values: dict[str, object] = {
        "message_id": message_id("h1:introduction:1", "seller.example"),
        "from_name": "Sam Reed",
        "from_email": "sam.reed@seller.example",
        "sender": OWN,
        "to": (("Jana Novak", "jana@alder.example"),),
        "cc": (("Ana Ortiz", "ana@seller.example"),),
        "reply_to": (tracking_address(OWN, "7c1e"),),
        "sent_at": AT,
        "headers": {"X-Baton-Effect": "h1:introduction:1"},
    }
    return Letter(**(values | changes))  # type: ignore[arg-type]


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_the_introduction_goes_in_the_reps_name() -> None:
    message = parsed(compose(letter(), TEXT))
    assert message["From"] == "Sam Reed <sam.reed@seller.example>"
    assert message["Sender"] == OWN
    assert message["Reply-To"] == "handoffs+7c1e@seller.example"
    assert message["Date"] == "Sun, 01 Jun 2025 09:00:00 +0000"
    assert message["Auto-Submitted"] is None
    assert message.get_content_type() == "multipart/alternative"
    bodies = [part.get_content().strip() for part in message.iter_parts()]
    assert bodies == ["text \u00fc", "<p>html \u00fc</p>"]


def test_the_same_letter_gives_the_same_bytes() -> None:
    ics = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    for changes in ({}, {"calendar": ics, "calendar_method": "CANCEL"}):
        assert compose(letter(**changes), TEXT) == compose(letter(**changes), TEXT)


def test_only_ascii_and_crlf_leave_the_house() -> None:
    content = compose(letter(to=(("\u0141ukasz", "l@alder.example"),)), TEXT)
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n")
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


def test_there_is_no_sender_when_baton_writes_itself() -> None:
    message = parsed(compose(letter(from_email=OWN.upper(), is_notice=True), TEXT))
    assert message["Sender"] is None
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_thread_is_kept() -> None:
    ids = tuple(message_id(str(n), "seller.example") for n in range(40))
    message = parsed(compose(letter(in_reply_to=ids[-1], references=ids), TEXT))
    assert message["In-Reply-To"] == ids[-1]
    assert tuple(message["References"].split()) == ids


def test_an_invite_is_an_alternative_and_an_attachment() -> None:
    ics = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
    message = parsed(compose(letter(calendar=ics, calendar_method="REQUEST"), TEXT))
    parts = {part.get_content_type(): part for part in message.walk()}
    assert list(parts) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    assert parts["text/calendar"].get_param("method") == "REQUEST"
    assert parts["text/calendar"].get_payload(decode=True) == ics
    assert parts["application/ics"].get_filename() == "invite.ics"
    assert parts["application/ics"].get_payload(decode=True) == ics


def test_a_calendar_without_a_method_is_refused() -> None:
    with pytest.raises(InputError, match="method"):
        compose(letter(calendar=b"x"), TEXT)


NAMES = st.text(max_size=120) | st.sampled_from(
    ["Jana\r\nBcc: all@there.example", 'O"Neill, Pat', "\u05de\u05e9\u05d4", "\U0001f9d1 Jo", "a@b"]
)


@given(to=NAMES, cc=NAMES, sender=NAMES, subject=NAMES)
@example(to="x" * 300, cc="=?utf-8?q?x?=", sender="\\", subject="\ud800 broken")
@example(to='"', cc="\x85\u2028,<evil@there.example>", sender="(a)", subject="a\nTo: x@y.example")
def test_no_name_adds_a_header_or_a_recipient(to: str, cc: str, sender: str, subject: str) -> None:
    content = compose(
        letter(
            to=((to, "jana@alder.example"),),
            cc=((cc, "ana@seller.example"), (to, "eve@seller.example")),
            from_name=sender,
            headers={"X-Note": cc},
        ),
        Rendered(subject, "text", "html"),
    )
    message = email.message_from_bytes(content)
    assert [name for name in message.keys()] == [  # noqa: C416, SIM118 (repeated names count)
        *("From", "To", "Subject", "Date", "Message-ID", "Sender", "Cc", "Reply-To", "X-Note"),
        *("MIME-Version", "Content-Type"),
    ]
    addressed = {n: [a for _, a in getaddresses([str(message[n])])] for n in ("From", "To", "Cc")}
    assert addressed == {
        "From": ["sam.reed@seller.example"],
        "To": ["jana@alder.example"],
        "Cc": ["ana@seller.example", "eve@seller.example"],
    }


@pytest.mark.parametrize(
    "name",
    [
        "Jana Nov\u00e1kov\u00e1",
        "\u05de\u05e9\u05d4 \u05db\u05d4\u05df",
        "Jo \U0001f680",
        'Pat "the" O\'Neill, Jr.',
        "A very long name " * 8,
        "\u0141ukasz, " * 15,
    ],
)
def test_a_name_arrives_as_it_was(name: str) -> None:
    message = email.message_from_bytes(compose(letter(to=((name, "jana@alder.example"),)), TEXT))
    # Not the modern parser: it puts spaces between encoded words of long names.
    ((found, address),) = getaddresses([str(message["To"]).replace("\r\n", "")])
    assert str(make_header(decode_header(found))) == " ".join(name.split())
    assert address == "jana@alder.example"


@pytest.mark.parametrize(
    "address",
    [
        "jana@alder.example\r\nBcc: all@there.example",
        "jana@alder.example, eve@there.example",
        "jana",
        "",
        "<jana@alder.example>",
        "j\u00e1na@alder.example",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(InputError) as caught:
        compose(letter(to=(("Jana", address),)), TEXT)
    assert "jana" not in str(caught.value).lower()


def test_a_domain_with_umlauts_is_encoded() -> None:
    message = parsed(compose(letter(to=(("J", "j@b\u00fccher.example"),)), TEXT))
    assert message["To"].addresses[0].addr_spec == "j@xn--bcher-kva.example"


def test_a_header_name_cannot_smuggle() -> None:
    with pytest.raises(InputError):
        compose(letter(headers={"X-A: 1\r\nBcc": "x@y.example"}), TEXT)


def test_marks_that_reorder_text_are_taken_out() -> None:
    assert clean("Jana\u202egpj.exe\u2066") == "Jana gpj.exe"


def test_the_same_effect_has_the_same_id() -> None:
    first = message_id("h1:invite:1", "seller.example")
    assert first == message_id("h1:invite:1", "seller.example")
    assert first != message_id("h1:invite:2", "seller.example")
    assert "h1" not in first
    assert first.endswith("@seller.example>")


def test_a_tracking_address_gives_its_token_back() -> None:
    address = tracking_address(OWN, "0b5c-9f")
    assert address == "handoffs+0b5c-9f@seller.example"
    assert token_of(address.upper(), OWN) == "0b5c-9f"


@pytest.mark.parametrize(
    "address", [OWN, "handoffs+@seller.example", "other+7c@seller.example", "handoffs+7c@x.example"]
)
def test_other_addresses_have_no_token(address: str) -> None:
    assert token_of(address, OWN) is None


@pytest.mark.parametrize("token", ["", "A", "a b", "a@b", "-x", "\u00e4"])
def test_a_token_that_mail_programs_change_is_refused(token: str) -> None:
    with pytest.raises(InputError):
        tracking_address(OWN, token)
