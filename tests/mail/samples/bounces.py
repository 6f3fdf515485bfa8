"""Mail that did not arrive: reports by RFC 3464, and the many that are none; hard and soft."""

from __future__ import annotations

from collections.abc import Iterator

from tests.mail.messages import OWN, SENT_ID, TRACKING
from tests.mail.samples.clients import SUBJECT
from tests.mail.samples.model import Kind, Sample

LEAD = "jana@alder.example"
HEADERS = "\r\n".join(
    (
        f"Message-ID: {SENT_ID}",
        "From: Sam Reed <sam@seller.example>",
        f"To: Jana Novak <{LEAD}>",
        "Cc: Ana Ortiz <ana@seller.example>",
        f"Subject: {SUBJECT}",
        "Date: Sun, 1 Jun 2025 09:00:00 +0000",
        "List-Unsubscribe: <mailto:handoffs+unsubscribe-7c1e@seller.example>",
    )
)

# Reports: who sends them, with which words, action, status and diagnostic code.
REPORTS: tuple[tuple[str, Kind, str, str, str, str, str], ...] = (
    (
        "postfix-unknown",
        Kind.HARD,
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.seller.example.\n\nI'm sorry to have to inform you that your message could not be delivered.",
        "failed",
        "5.1.1",
        "smtp; 550 5.1.1 <jana@alder.example>: Recipient address rejected: User unknown",
    ),
    (
        "postfix-full",
        Kind.SOFT,
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.seller.example.",
        "failed",
        "4.2.2",
        "smtp; 452 4.2.2 The email account that you tried to reach is over quota",
    ),
    (
        "postfix-delay",
        Kind.SOFT,
        "Delayed Mail (still being retried)",
        "THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.",
        "delayed",
        "4.4.1",
        "X-Postfix; connect to mx.alder.example[203.0.113.25]:25: Connection timed out",
    ),
    (
        "postfix-expired",
        Kind.SOFT,
        "Undelivered Mail Returned to Sender",
        "Delivery temporarily suspended",
        "failed",
        "4.4.1",
        "X-Postfix; connect to mx.alder.example: Connection timed out",
    ),
    (
        "gmail-unknown",
        Kind.HARD,
        "Delivery Status Notification (Failure)",
        "Address not found\n\nYour message wasn't delivered to jana@alder.example because the address couldn't be found.",
        "failed",
        "5.1.1",
        "smtp; 550-5.1.1 The email account that you tried to reach does not exist.",
    ),
    (
        "gmail-domain",
        Kind.HARD,
        "Delivery Status Notification (Failure)",
        "Your message wasn't delivered because the domain alder.example couldn't be found.",
        "failed",
        "5.1.2",
        "smtp; DNS Error: Domain name not found",
    ),
    (
        "gmail-delay",
        Kind.SOFT,
        "Delivery Status Notification (Delay)",
        "Delivery incomplete. Gmail will retry for 47 more hours.",
        "delayed",
        "4.4.1",
        "smtp; The recipient server did not accept our requests to connect.",
    ),
    (
        "exchange-unknown",
        Kind.HARD,
        "Undeliverable: Introduction: Jana Novak and Ana Ortiz",
        "Your message to jana@alder.example couldn't be delivered. jana wasn't found at alder.example.",
        "failed",
        "5.1.10",
        "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    ),
    (
        "exchange-blocked",
        Kind.HARD,
        "Undeliverable: Introduction",
        "Your organization does not allow external forwarding.",
        "failed",
        "5.7.520",
        "smtp;550 5.7.520 Access denied",
    ),
    (
        "exchange-full",
        Kind.HARD,
        "Undeliverable: Introduction",
        "The recipient's mailbox is full.",
        "failed",
        "5.2.2",
        "smtp;554 5.2.2 mailbox full",
    ),
    (
        "exchange-de",
        Kind.HARD,
        "Unzustellbar: Introduction",
        "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen: jana@alder.example",
        "failed",
        "5.1.1",
        "smtp;550 5.1.1 RESOLVER.ADR.RecipNotFound; not found",
    ),
    (
        "exim-report",
        Kind.HARD,
        "Mail delivery failed: returning message to sender",
        "A message that you sent could not be delivered to one or more of its recipients.",
        "failed",
        "5.0.0",
        "smtp; 550 No such user here",
    ),
    (
        "sendmail-unknown",
        Kind.HARD,
        "Returned mail: see transcript for details",
        "----- The following addresses had permanent fatal errors -----\n<jana@alder.example>\n    (reason: 550 5.1.1 User unknown)",
        "failed",
        "5.1.1",
        "SMTP; 550 5.1.1 User unknown",
    ),
    (
        "sendmail-warning",
        Kind.SOFT,
        "Warning: could not send message for past 4 hours",
        "** THIS IS A WARNING MESSAGE ONLY **",
        "delayed",
        "4.4.7",
        "SMTP; 451 Try again later",
    ),
    (
        "lotus-report",
        Kind.HARD,
        "DELIVERY FAILURE: User jana (jana@alder.example) not listed in Domino Directory",
        "Your message\n\n  Subject: Introduction\n\nwas not delivered to:\n\n  jana@alder.example\n\nbecause:\n\n  User jana not listed in Domino Directory",
        "failed",
        "5.0.0",
        "X-Notes; User jana not listed in Domino Directory",
    ),
    (
        "icloud-report",
        Kind.HARD,
        "Undelivered Mail Returned to Sender",
        "I'm sorry to have to inform you",
        "failed",
        "5.1.1",
        "smtp; 550 5.1.1 unknown or illegal alias: jana@alder.example",
    ),
    (
        "ses-report",
        Kind.HARD,
        "Delivery Status Notification (Failure)",
        "An error occurred while trying to deliver the mail to the following recipients:\njana@alder.example",
        "failed",
        "5.1.1",
        "smtp; 550 5.1.1 user unknown",
    ),
    (
        "zoho-report",
        Kind.HARD,
        "Undelivered Mail Returned to Sender",
        "This message was created automatically by mail delivery software.",
        "failed",
        "5.4.1",
        "smtp; 550 5.4.1 Recipient address rejected",
    ),
    (
        "greylist-gave-up",
        Kind.SOFT,
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.seller.example.",
        "failed",
        "4.2.0",
        "smtp; 450 4.2.0 <jana@alder.example>: Recipient address rejected: Greylisted",
    ),
    (
        "office-queue",
        Kind.SOFT,
        "Delivery delayed: Introduction",
        "Delivery to these recipients or groups is delayed.",
        "delayed",
        "4.4.7",
        "smtp;400 4.4.7 Message delayed",
    ),
)
# No reports: sender, subject, words, other headers.
PLAIN: tuple[tuple[str, Kind, str, str, str, tuple[str, ...]], ...] = (
    (
        "exim",
        Kind.HARD,
        "Mail Delivery System <Mailer-Daemon@mx.alder.example>",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  jana@alder.example\n    Unrouteable address\n\n------ This is a copy of the message, including all the headers. ------\n\n"
        + HEADERS.replace("\r\n", "\n"),
        ("X-Failed-Recipients: jana@alder.example", "Auto-Submitted: auto-replied"),
    ),
    (
        "exim-smtp",
        Kind.HARD,
        "Mail Delivery System <Mailer-Daemon@mx.alder.example>",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  jana@alder.example\n    SMTP error from remote mail server after RCPT TO:<jana@alder.example>:\n    host mx.alder.example [203.0.113.25]: 550 5.1.1 <jana@alder.example>... User unknown",
        (),
    ),
    (
        "exim-warning",
        Kind.SOFT,
        "Mail Delivery System <Mailer-Daemon@mx.alder.example>",
        "Warning: message 1uLdR3-0004 delayed 24 hours",
        "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.alder.example.\n\nThe address to which the message has not yet been delivered is:\n\n  jana@alder.example\n\nNo action is required on your part. Delivery attempts will continue.",
        ("Auto-Submitted: auto-replied",),
    ),
    (
        "qmail",
        Kind.HARD,
        "MAILER-DAEMON@mx.alder.example",
        "failure notice",
        "Hi. This is the qmail-send program at mx.alder.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<jana@alder.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
        + HEADERS.replace("\r\n", "\n"),
        (),
    ),
    (
        "qmail-full",
        Kind.HARD,
        "MAILER-DAEMON@mx.alder.example",
        "failure notice",
        "Hi. This is the qmail-send program at mx.alder.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<jana@alder.example>:\n203.0.113.25 failed after I sent the message.\nRemote host said: 552 Requested mail action aborted: exceeded storage allocation",
        (),
    ),
    (
        "gmx",
        Kind.HARD,
        "GMX Mailer Daemon <mailer-daemon@gmx.example>",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its recipients.\n\njana@alder.example:\nSMTP error from remote server for RCPT TO command, host: mx.alder.example\nreason: 550 5.1.1 User unknown",
        (),
    ),
    (
        "yahoo",
        Kind.HARD,
        "MAILER-DAEMON@yahoo.example",
        "Failure Notice",
        "Sorry, we were unable to deliver your message to the following address.\n\n<jana@alder.example>:\n554: 5.7.1: Message rejected\n\n--- Below this line is a copy of the message.",
        (),
    ),
    (
        "lotus",
        Kind.HARD,
        "Postmaster <postmaster@alder.example>",
        "DELIVERY FAILURE: User jana (jana@alder.example) not listed in public Name & Address Book",
        "Your message\n\n  Subject: Introduction\n\nwas not delivered to:\n\n  jana@alder.example\n\nbecause:\n\n  User jana (jana@alder.example) not listed in public Name & Address Book",
        (),
    ),
    (
        "exchange-5.5",
        Kind.HARD,
        "System Administrator <postmaster@alder.example>",
        "Undeliverable: Introduction",
        "Your message did not reach some or all of the intended recipients.\n\n      Subject:  Introduction\n      Sent:     01/06/2025 09:00\n\nThe following recipient(s) cannot be reached:\n\n      jana@alder.example on 01/06/2025 09:01\n            The e-mail account does not exist at the organization this message was sent to.\n            <mx.alder.example #5.1.1>",
        (),
    ),
    (
        "mdaemon",
        Kind.HARD,
        "MDaemon <MDaemon@alder.example>",
        "Permanent Delivery Failure",
        "The following message could not be delivered because of a permanent error.\n\nFailed address: jana@alder.example\n\n550 5.1.1 <jana@alder.example> recipient unknown",
        (),
    ),
    (
        "postfix-plain",
        Kind.SOFT,
        "MAILER-DAEMON@mx.seller.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        "<jana@alder.example>: host mx.alder.example[203.0.113.25] said: 452 4.2.2 The\n    email account that you tried to reach is over quota (in reply to RCPT TO\n    command)",
        (),
    ),
    (
        "de-telekom",
        Kind.HARD,
        "Mail Delivery System <mailer-daemon@t-online.example>",
        "Unzustellbare Nachricht",
        "Ihre Nachricht konnte nicht zugestellt werden.\n\n<jana@alder.example>: 550-5.1.1 Diese Adresse ist uns nicht bekannt. Unknown user.",
        (),
    ),
    (
        "fr-orange",
        Kind.HARD,
        "Mail Delivery System <MAILER-DAEMON@orange.example>",
        "Message non distribue",
        "Votre message n'a pas pu etre remis au destinataire suivant:\n\n<jana@alder.example>: 550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient.",
        (),
    ),
    (
        "barracuda",
        Kind.HARD,
        "postmaster@alder.example",
        "**Message you sent blocked by our bulk email filter**",
        "Your message to: jana@alder.example\nwas blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:\n\nSubject: Introduction",
        (),
    ),
    (
        "null-sender",
        Kind.HARD,
        "Mail Service <mail-service@alder.example>",
        "Delivery failed",
        "The address jana@alder.example does not exist. 550 5.1.1 No such user.",
        ("Return-Path: <>",),
    ),
)


def samples() -> Iterator[Sample]:
    for name, kind, subject, words, action, status, code in REPORTS:
        content = report(subject, words, action, status, code)
        yield Sample(f"report-{name}", kind, content, about=(LEAD,))
    for name, kind, sender, subject, words, extra in PLAIN:
        content = plain(sender, subject, words, extra)
        yield Sample(f"notice-{name}", kind, content, about=(LEAD,))
    content = report(
        "Successful Mail Delivery Report", "Delivered.", "delivered", "2.0.0", "smtp; 250 ok"
    )
    yield Sample("report-delivered", Kind.AUTOMATIC, content)


def report(subject: str, words: str, action: str, status: str, code: str) -> bytes:
    return "\r\n".join(
        (
            "Return-Path: <>",
            f"Delivered-To: {TRACKING}",
            "From: Mail Delivery System <MAILER-DAEMON@mx.alder.example>",
            f"To: {TRACKING}",
            f"Subject: {subject}",
            "Date: Sun, 1 Jun 2025 09:00:05 +0000",
            "Message-ID: <20250601090005.D41D8CD98F@mx.alder.example>",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            "Content-Type: multipart/report; report-type=delivery-status;",
            '\tboundary="D41D8CD98F.1748768405/mx"',
            "",
            "--D41D8CD98F.1748768405/mx",
            "Content-Description: Notification",
            "Content-Type: text/plain; charset=utf-8",
            "",
            *words.split("\n"),
            "",
            "--D41D8CD98F.1748768405/mx",
            "Content-Description: Delivery report",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.alder.example",
            "Arrival-Date: Sun,  1 Jun 2025 09:00:01 +0000 (UTC)",
            "",
            f"Final-Recipient: rfc822; {LEAD}",
            f"Original-Recipient: rfc822;{LEAD}",
            f"Action: {action}",
            f"Status: {status}",
            f"Diagnostic-Code: {code}",
            "",
            "--D41D8CD98F.1748768405/mx",
            "Content-Description: Undelivered Message Headers",
            "Content-Type: text/rfc822-headers",
            "",
            HEADERS,
            "",
            "--D41D8CD98F.1748768405/mx--",
            "",
        )
    ).encode()


def plain(sender: str, subject: str, words: str, extra: tuple[str, ...]) -> bytes:
    return "\r\n".join(
        (
            *([] if any(line.startswith("Return-Path") for line in extra) else ["Return-Path: <>"]),
            f"From: {sender}",
            f"To: {OWN}",
            f"Subject: {subject}",
            "Date: Sun, 1 Jun 2025 09:00:05 +0000",
            "Message-ID: <E1uLdR3-0004kB-2N@mx.alder.example>",
            *extra,
            "",
            *words.split("\n"),
            "",
        )
    ).encode()
