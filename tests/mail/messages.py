"""Messages to read: what people and their servers send."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from baton.messages.catalogue import CATALOGUE
from baton.messages.composing import Letter, compose, message_id, tracking_address
from baton.messages.rendering import Messages

OWN = "handoffs@seller.example"
TRACKING = tracking_address(OWN, "7c1e")
JANA = ("Jana Novak", "jana@alder.example")
ANA = ("Ana Ortiz", "ana@seller.example")
AT = datetime(2025, 6, 1, 9, 0, tzinfo=UTC)
RULES = Path(__file__).parents[2] / "rules" / "messages"
SENT_ID = message_id("h1:introduction:1", "seller.example")


def introduction() -> bytes:
    """The introduction as it leaves the house."""
    letter = Letter(
        message_id=SENT_ID,
        from_name="Sam Reed",
        from_email="sam@seller.example",
        sender=OWN,
        to=(JANA,),
        cc=(ANA,),
        reply_to=("sam@seller.example", TRACKING),
        sent_at=AT,
        headers={"X-Baton-Effect": "h1:introduction:1"},
    )
    texts = Messages(RULES)
    return compose(letter, texts.render("introduction", CATALOGUE["introduction"].sample))


def raw(text: str, *headers: str, sender: str = "Jana <jana@alder.example>") -> bytes:
    """A message with these headers, in answer to the introduction unless a header says else."""
    given = "\r\n".join(headers)
    lines = [f"From: {sender}"] if sender else []
    lines += [] if "To:" in given else [f"To: {TRACKING}"]
    lines += [] if "Subject:" in given else ["Subject: Re: Introduction"]
    lines += [] if "Message-ID:" in given else ["Message-ID: <1@alder.example>"]
    lines += [] if "In-Reply-To:" in given else [f"In-Reply-To: {SENT_ID}"]
    lines += [] if "Content-Type:" in given else ["Content-Type: text/plain; charset=utf-8"]
    return "\r\n".join((*lines, *headers, "", text.replace("\n", "\r\n"))).encode()
