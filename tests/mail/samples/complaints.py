"""Reports that somebody pressed "this is spam" (RFC 5965, and Microsoft's own way)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.mail.messages import OWN, TRACKING
from tests.mail.samples.bounces import HEADERS, LEAD
from tests.mail.samples.model import Kind, Sample


def samples() -> Iterator[Sample]:
    told = (f"Original-Rcpt-To: <{LEAD}>",)
    for name, kind, fields in (
        ("yahoo", "abuse", ("User-Agent: Yahoo!-Mail-Feedback/2.0", *told)),
        ("comcast", "abuse", ("User-Agent: ReturnPathFBL/1.0", "Removal-Recipient: " + LEAD)),
        (
            "fastmail",
            "abuse",
            ("User-Agent: fastmail-fbl/1.0", *told, "Reported-Domain: seller.example"),
        ),
        ("laposte", "abuse", ("User-Agent: SignalSpam/1.0", *told, "Source-IP: 192.0.2.7")),
        ("mailru", "abuse", ("User-Agent: Mail.Ru FBL/1.0", f"Original-Rcpt-To: {LEAD.upper()}")),
        ("telenor", "abuse", ("User-Agent: Abusix/1.0", f"Original-Rcpt-To: rfc822;{LEAD}")),
        ("fraud", "fraud", ("User-Agent: Example-FBL/1.0", *told)),
        ("opt-out", "opt-out", ("User-Agent: Example-FBL/1.0", *told)),
        # The address is hidden; what it gives back says to whom it went.
        (
            "hidden",
            "abuse",
            ("User-Agent: Example-FBL/1.0", "Original-Rcpt-To: redacted@redacted.invalid"),
        ),
        ("silent", "abuse", ("User-Agent: Example-FBL/1.0",)),
    ):
        yield Sample(f"complaint-{name}", Kind.COMPLAINT, feedback(kind, fields), about=(LEAD,))
    yield Sample("complaint-microsoft", Kind.COMPLAINT, microsoft(), about=(LEAD,))
    headers = ("User-Agent: Example-FBL/1.0", *told)
    whole = feedback("abuse", headers, returned="message/rfc822")
    yield Sample("complaint-whole-message", Kind.COMPLAINT, whole, about=(LEAD,))
    # These are reports in the same form, but nobody complains.
    yield Sample("feedback-not-spam", Kind.LOOK, feedback("not-spam", headers))
    yield Sample("feedback-auth-failure", Kind.LOOK, feedback("auth-failure", headers))


def feedback(kind: str, fields: tuple[str, ...], returned: str = "text/rfc822-headers") -> bytes:
    return "\r\n".join(
        (
            "Return-Path: <fbl-bounces@feedback.example>",
            "From: Feedback Loop <feedbackloop@feedback.example>",
            f"To: {OWN}",
            "Subject: Email Feedback Report for IP 192.0.2.7",
            "Date: Sun, 1 Jun 2025 15:00:05 +0000",
            f"Message-ID: <fbl.{kind}.{len(''.join(fields))}@feedback.example>",
            "MIME-Version: 1.0",
            "Content-Type: multipart/report; report-type=feedback-report; boundary=part",
            "",
            "--part",
            'Content-Type: text/plain; charset="US-ASCII"',
            "",
            "This is an email abuse report for an email message received from IP 192.0.2.7.",
            "",
            "--part",
            "Content-Type: message/feedback-report",
            "",
            f"Feedback-Type: {kind}",
            "Version: 1",
            "Original-Mail-From: <handoffs@seller.example>",
            "Received-Date: Sun, 1 Jun 2025 09:00:09 +0000",
            *fields,
            "",
            "--part",
            f"Content-Type: {returned}",
            "Content-Disposition: inline",
            "",
            HEADERS,
            "",
            *(["Hello Jana, let me introduce you.", ""] if returned == "message/rfc822" else []),
            "--part--",
            "",
        )
    ).encode()


def microsoft() -> bytes:
    """Microsoft's junk mail reports: no report part, the message itself as an attachment."""
    return "\r\n".join(
        (
            "Return-Path: <staff@hotmail.com>",
            "From: staff@hotmail.com",
            f"To: {TRACKING}",
            "Subject: complaint about message from 192.0.2.7",
            "Date: Sun, 1 Jun 2025 15:00:05 +0000",
            "Message-ID: <BL2NAM02FBL0001@BL2NAM02FT010.mail.protection.outlook.com>",
            "MIME-Version: 1.0",
            "X-HmXmrOriginalRecipient: " + LEAD,
            'Content-Type: multipart/mixed; boundary="hm"',
            "",
            "--hm",
            "Content-Type: message/rfc822",
            "Content-Disposition: inline",
            "",
            "X-HmXmrOriginalRecipient: " + LEAD,
            HEADERS,
            "",
            "Hello Jana, let me introduce you.",
            "",
            "--hm--",
            "",
        )
    ).encode()
