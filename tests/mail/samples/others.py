"""What is none of these: a person must look. And our own copies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.mail.messages import OWN, introduction
from tests.mail.samples.clients import Written, gmail, outlook, webmail
from tests.mail.samples.model import Kind, Sample


def samples() -> Iterator[Sample]:
    yield Sample("stranger", Kind.LOOK, gmail(_stranger("Do you sell pumps?", "Pumps")))
    news = _stranger("Our news. To unsubscribe, click below.", "News")
    news = replace(
        news,
        extra=("List-Id: <news.pumps.example>", "List-Unsubscribe: <https://pumps.example/u>"),
    )
    yield Sample("newsletter", Kind.LOOK, gmail(news))
    offer = replace(_stranger("Cheap pumps!", "Offer"), extra=("Precedence: bulk",))
    yield Sample("bulk", Kind.LOOK, webmail(offer))
    for text, client in (("Can we talk?", webmail), ("Where is my bill?", outlook)):
        written = Written(text, subject="Question", to=OWN, answers=False)
        yield Sample(f"lead-out-of-thread-{client.__name__}", Kind.LOOK, client(written))
    listed = ("List-Id: Alder all <all.alder.example>", "Precedence: list")
    yield Sample("list-answer", Kind.LOOK, gmail(Written("Hello all", extra=listed)))
    yield Sample("empty", Kind.LOOK, b"")
    yield Sample("no-headers", Kind.LOOK, b"just some words\r\n")
    yield Sample("noise", Kind.LOOK, bytes(range(256)) * 20)
    yield Sample(
        "no-sender", Kind.LOOK, f"To: {OWN}\r\nSubject: hm\r\n\r\nunsubscribe\r\n".encode()
    )
    yield Sample("tnef-only", Kind.LOOK, tnef())
    for number in (1, 2, 3):
        copy = f"Delivered-To: {OWN}\r\nReceived: by mx{number}.seller.example\r\n".encode()
        yield Sample(f"own-copy-{number}", Kind.OWN, copy + introduction())


def _stranger(text: str, subject: str) -> Written:
    return Written(
        text,
        name="Carl",
        email="carl@elsewhere.example",
        subject=subject,
        to=OWN,
        answers=False,
        quotes=False,
    )


def tnef() -> bytes:
    """Outlook's own format and nothing else: what it says cannot be known."""
    return "\r\n".join(
        (
            "From: Jana Novak <jana@alder.example>",
            f"To: {OWN}",
            "Subject: Accepted: Introduction",
            "Message-ID: <tnef@alder.example>",
            "MIME-Version: 1.0",
            "Content-Type: application/ms-tnef; name=winmail.dat",
            "Content-Transfer-Encoding: base64",
            "Content-Disposition: attachment; filename=winmail.dat",
            "",
            "eJ8+IgAAAQaQCAAEAAAAAAABAAEAAQeQBgAIAAAA5AQAAAAAAADoAAEIgAcAGAAAAElQTS5NaWNy",
            "",
        )
    ).encode()
