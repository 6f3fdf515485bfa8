"""Automatic replies: who is away until when, who has left, and tickets, receipts and challenges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from tests.mail.messages import SENT_ID, TRACKING
from tests.mail.samples.clients import SUBJECT, encoded
from tests.mail.samples.model import Kind, Sample

Marks = tuple[str, ...]
# How each kind of server marks its automatic replies.
GMAIL: Marks = ("Auto-Submitted: auto-replied", "X-Autoreply: yes", "Precedence: bulk")
EXCHANGE: Marks = (
    "Auto-Submitted: auto-generated",
    "X-Auto-Response-Suppress: All",
    "X-MS-Exchange-Inbox-Rules-Loop: jana@alder.example",
    "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent",
)
OLD_EXCHANGE: Marks = ("X-Auto-Response-Suppress: All", "Thread-Index: AdvSs2w3Cq3rXA==")
VACATION: Marks = ("Auto-Submitted: auto-replied (vacation)", "Precedence: junk")
SIEVE: Marks = ("Auto-Submitted: auto-replied (vacation)", "X-Sieve: Pigeonhole Sieve 0.5.19")
EXIM: Marks = ("Auto-Submitted: auto-replied", "X-Autorespond: Introduction")
QMAIL: Marks = (
    "Precedence: junk",
    "X-Mailer: qmail-autoresponder 0.97",
    "Delivered-To: Autoresponder",
)
LOTUS: Marks = ("Auto-Submitted: auto-generated", "X-Mailer: HCL Notes Release 12.0.2")
ZOHO: Marks = ("Auto-Submitted: auto-replied", "X-Mailer: Zoho Mail", "Precedence: bulk")
ICLOUD: Marks = ("Auto-Submitted: auto-replied", "X-Mailer: iCloud MailClient24")
CPANEL: Marks = ("Auto-Submitted: auto-replied", "X-Autorespond: yes", "X-Loop: jana@alder.example")
NONE: Marks = ()

JUNE = "2025-06-%02d"
# Marks, subject, words, and the day of return that they name.
AWAY: tuple[tuple[str, Marks, str, str, date | None], ...] = (
    (
        "en-gmail",
        GMAIL,
        f"Out of Office Re: {SUBJECT}",
        "Hi,\n\nI'm out of the office and will be back on Monday, June 16.\n\nJana",
        date(2025, 6, 16),
    ),
    (
        "en-exchange",
        EXCHANGE,
        f"Automatic reply: {SUBJECT}",
        "Thank you for your email. I am out of the office until 13 June 2025 with limited access to email.",
        date(2025, 6, 13),
    ),
    (
        "en-exchange-html",
        EXCHANGE,
        f"Automatic reply: {SUBJECT}",
        "I am currently on annual leave, returning on Monday 9th June.",
        date(2025, 6, 9),
    ),
    (
        "en-old-exchange",
        OLD_EXCHANGE,
        "Out of Office: Introduction",
        "I will return on June 10th, 2025. For urgent matters call +44 20 7946 0000.",
        date(2025, 6, 10),
    ),
    (
        "en-vacation",
        VACATION,
        "Re: " + SUBJECT,
        "I am away from my mail from 2025-06-01 to 2025-06-14. I will be back on 2025-06-15.",
        date(2025, 6, 15),
    ),
    (
        "en-sieve",
        SIEVE,
        "Automated reply",
        "On holiday. Back in the office on 23 June.",
        date(2025, 6, 23),
    ),
    ("en-exim", EXIM, "Away", "Away at a conference, back Thursday.", date(2025, 6, 5)),
    (
        "en-qmail",
        QMAIL,
        "Re: " + SUBJECT,
        "This is an automatic answer. I read mail again from July 1st.",
        date(2025, 7, 1),
    ),
    (
        "en-lotus",
        LOTUS,
        "AUTO: Jana Novak is out of the office (returning 16/06/2025)",
        "I am out of the office until 16/06/2025.\n\nNote: This is an automated response to your message.",
        date(2025, 6, 16),
    ),
    (
        "en-zoho",
        ZOHO,
        "Out of office",
        "I'm on vacation till June 20 and will answer after that.",
        date(2025, 6, 20),
    ),
    ("en-icloud", ICLOUD, "Re: " + SUBJECT, "I'm travelling and will reply when I'm back.", None),
    (
        "en-cpanel",
        CPANEL,
        "Autoreply: " + SUBJECT,
        "Thank you for contacting us. We will get back to you within 2 days.",
        None,
    ),
    (
        "en-parental",
        EXCHANGE,
        f"Automatic reply: {SUBJECT}",
        "I am on parental leave and will be back in January 2026. Please contact Tom Hill (tom@alder.example) meanwhile.",
        date(2026, 1, 1),
    ),
    (
        "en-numbers",
        EXCHANGE,
        f"Automatic reply: {SUBJECT}",
        "I am out until 25/06/2025.",
        date(2025, 6, 25),
    ),
    (
        "en-unclear-numbers",
        EXCHANGE,
        f"Automatic reply: {SUBJECT}",
        "I am out until 06/07/2025.",
        None,
    ),
    (
        "en-no-date",
        EXCHANGE,
        f"Automatic reply: {SUBJECT}",
        "I am out of the office today and will respond when I can. In 2024 we moved to 12 Mill Road.",
        None,
    ),
    (
        "en-two-dates",
        EXCHANGE,
        f"Automatic reply: {SUBJECT}",
        "I am out from 2 June until 13 June and will be back on Monday 16 June 2025.",
        date(2025, 6, 16),
    ),
    (
        "en-unmarked",
        NONE,
        "Out of office",
        "I am out of the office until Monday, 9 June 2025.",
        date(2025, 6, 9),
    ),
    (
        "de-exchange",
        EXCHANGE,
        f"Automatische Antwort: {SUBJECT}",
        "Guten Tag,\n\nich bin bis einschließlich 13.06.2025 nicht im Büro. Ihre Mail wird nicht weitergeleitet.",
        date(2025, 6, 13),
    ),
    (
        "de-exchange-back",
        EXCHANGE,
        f"Automatische Antwort: {SUBJECT}",
        "Ich bin am Montag, den 16. Juni 2025 wieder erreichbar.",
        date(2025, 6, 16),
    ),
    (
        "de-gmail",
        GMAIL,
        f"Abwesenheitsnotiz Re: {SUBJECT}",
        "Ich bin im Urlaub und ab dem 10. Juni wieder für Sie da.",
        date(2025, 6, 10),
    ),
    (
        "de-lotus",
        LOTUS,
        "AUTO: Jana Novak ist außer Haus (Rückkehr am 16.06.2025)",
        "Ich kehre zurück am 16.06.2025.\n\nHinweis: Dies ist eine automatische Antwort auf Ihre Nachricht.",
        date(2025, 6, 16),
    ),
    ("de-sieve", SIEVE, "Abwesend", "Ich bin vom 1.6. bis 14.6.2025 abwesend.", date(2025, 6, 14)),
    (
        "de-web",
        VACATION,
        "Ich bin nicht im Büro",
        "Ich bin zurück am 11.06.2025.",
        date(2025, 6, 11),
    ),
    (
        "de-no-date",
        EXCHANGE,
        f"Automatische Antwort: {SUBJECT}",
        "Ich bin derzeit nicht erreichbar und melde mich.",
        None,
    ),
    (
        "fr-exchange",
        EXCHANGE,
        f"Réponse automatique : {SUBJECT}",
        "Bonjour,\n\nJe suis absente du bureau jusqu'au 13 juin 2025 inclus.",
        date(2025, 6, 13),
    ),
    (
        "fr-gmail",
        GMAIL,
        f"Absence du bureau Re: {SUBJECT}",
        "Je suis en congés, de retour le lundi 16 juin.",
        date(2025, 6, 16),
    ),
    (
        "fr-zimbra",
        SIEVE,
        "Message d'absence",
        "Je serai de retour à partir du 10/06/2025.",
        date(2025, 6, 10),
    ),
    (
        "fr-orange",
        VACATION,
        "Re: " + SUBJECT,
        "Je suis en vacances. Je lirai votre message à mon retour.",
        None,
    ),
    (
        "es-exchange",
        EXCHANGE,
        f"Respuesta automática: {SUBJECT}",
        "Estoy fuera de la oficina hasta el 13 de junio de 2025.",
        date(2025, 6, 13),
    ),
    (
        "es-gmail",
        GMAIL,
        f"Fuera de la oficina Re: {SUBJECT}",
        "Estoy de vacaciones. Vuelvo el lunes 16 de junio.",
        date(2025, 6, 16),
    ),
    (
        "es-unmarked",
        NONE,
        "Respuesta automática",
        "Me reincorporo el 10 de junio.",
        date(2025, 6, 10),
    ),
    (
        "it-exchange",
        EXCHANGE,
        f"Risposta automatica: {SUBJECT}",
        "Sono fuori ufficio fino al 13 giugno 2025.",
        date(2025, 6, 13),
    ),
    (
        "it-gmail",
        GMAIL,
        f"Fuori sede Re: {SUBJECT}",
        "Sono in ferie e rientro il 16 giugno.",
        date(2025, 6, 16),
    ),
    (
        "pt-exchange",
        EXCHANGE,
        f"Resposta automática: {SUBJECT}",
        "Estou ausente até 13 de junho de 2025.",
        date(2025, 6, 13),
    ),
    (
        "pt-gmail",
        GMAIL,
        f"Fora do escritório Re: {SUBJECT}",
        "Estou de férias e volto no dia 16 de junho.",
        date(2025, 6, 16),
    ),
    (
        "nl-exchange",
        EXCHANGE,
        f"Automatisch antwoord: {SUBJECT}",
        "Ik ben afwezig tot en met 13 juni 2025.",
        date(2025, 6, 13),
    ),
    (
        "nl-gmail",
        GMAIL,
        f"Afwezig Re: {SUBJECT}",
        "Ik ben met vakantie en ben terug op maandag 16 juni.",
        date(2025, 6, 16),
    ),
    (
        "sv-exchange",
        EXCHANGE,
        f"Autosvar: {SUBJECT}",
        "Jag är på semester till och med 13 juni 2025.",
        date(2025, 6, 13),
    ),
    (
        "sv-back",
        EXCHANGE,
        f"Automatiskt svar: {SUBJECT}",
        "Jag är tillbaka måndag 16 juni.",
        date(2025, 6, 16),
    ),
    (
        "da-exchange",
        EXCHANGE,
        f"Automatisk svar: {SUBJECT}",
        "Jeg er på ferie og er tilbage den 16. juni 2025.",
        date(2025, 6, 16),
    ),
    (
        "pl-exchange",
        EXCHANGE,
        f"Odpowiedź automatyczna: {SUBJECT}",
        "Jestem na urlopie do 13 czerwca 2025.",
        date(2025, 6, 13),
    ),
    ("pl-back", SIEVE, "Nieobecność", "Wracam 16 czerwca 2025 r.", date(2025, 6, 16)),
    (
        "cs-exchange",
        EXCHANGE,
        f"Automatická odpověď: {SUBJECT}",
        "Jsem na dovolené do 13. června 2025.",
        date(2025, 6, 13),
    ),
    (
        "ja-exchange",
        EXCHANGE,
        f"自動応答: {SUBJECT}",
        "6月13日まで休暇をいただいております。6月16日に出社いたします。",
        date(2025, 6, 16),
    ),
    (
        "ja-gmail",
        GMAIL,
        "不在のお知らせ",
        "2025年6月13日まで不在にしております。",
        date(2025, 6, 13),
    ),
    ("ja-no-date", EXCHANGE, f"自動返信: {SUBJECT}", "ただいま席を外しております。", None),
    ("fi-exchange", EXCHANGE, f"Automaattinen vastaus: {SUBJECT}", "Olen lomalla.", None),
    # Unsubscribe words inside an automatic reply are no wish of a person's.
    (
        "en-footer",
        EXCHANGE,
        f"Automatic reply: {SUBJECT}",
        "I am away.\n\nTo stop receiving these messages reply with unsubscribe.\nunsubscribe",
        None,
    ),
    (
        "en-left",
        EXCHANGE,
        f"Automatic reply: {SUBJECT}",
        "Jana Novak no longer works for Alder. Please contact Tom Hill, tom@alder.example.",
        None,
    ),
    (
        "de-left",
        EXCHANGE,
        f"Automatische Antwort: {SUBJECT}",
        "Frau Novak ist nicht mehr für uns tätig. Bitte wenden Sie sich an tom@alder.example.",
        None,
    ),
    # Machines that are not away.
    (
        "zendesk",
        (
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
            "X-Mailer: Zendesk Mailer",
        ),
        "[Alder] Request received: " + SUBJECT,
        "Your request (#48151) has been received and is being reviewed by our support staff.",
        None,
    ),
    (
        "freshdesk",
        ("Auto-Submitted: auto-generated", "X-Autoreply: true"),
        "Ticket received",
        "A ticket has been created. We answer by 10 June.",
        None,
    ),
    (
        "jira",
        ("Auto-Submitted: auto-generated", "Precedence: bulk", "X-JIRA-FingerPrint: 1a2b"),
        "ALD-12 Introduction",
        "Just confirming that we got your request.",
        None,
    ),
    (
        "challenge",
        ("Auto-Submitted: auto-replied", "X-Mailer: SpamArrest"),
        "Please verify your mail to jana@alder.example",
        "I use a spam filter. Click below to prove that you are a person.",
        None,
    ),
    (
        "auto-no-header",
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply",),
        "Thank you for your message",
        "Thank you for your message. This is an automated response, nobody reads this mailbox.",
        None,
    ),
    (
        "ooo-plain-re",
        NONE,
        "Re: " + SUBJECT,
        "I am currently out of the office and will return on 10 June 2025. This is an automated message.",
        date(2025, 6, 10),
    ),
    (
        "linkedin-like",
        ("Auto-Submitted: auto-generated",),
        "Re: " + SUBJECT,
        "Thanks for reaching out! I am off on Fridays.",
        None,
    ),
    (
        "sms-gateway",
        ("X-Autogenerated: Reply",),
        "Re: " + SUBJECT,
        "I am driving and will reply later.",
        None,
    ),
)
# Without any mark or subject of a machine; these may only be shown or taken for automatic.
HIDDEN: tuple[tuple[str, str, date | None], ...] = (
    (
        "hidden-en",
        "Thank you for your email. I am currently out of the office with no access to my mail and will be back on 10 June 2025.",
        date(2025, 6, 10),
    ),
    (
        "hidden-de",
        "Vielen Dank für Ihre Nachricht. Ich bin bis zum 10.06.2025 nicht im Büro. Ihre E-Mail wird nicht weitergeleitet.",
        date(2025, 6, 10),
    ),
    (
        "hidden-fr",
        "Bonjour, je suis actuellement absente du bureau, de retour le 10 juin 2025. Votre message ne sera pas transféré.",
        date(2025, 6, 10),
    ),
    (
        "hidden-es",
        "Gracias por su mensaje. Actualmente estoy fuera de la oficina hasta el 10 de junio de 2025.",
        date(2025, 6, 10),
    ),
)


def samples() -> Iterator[Sample]:
    for name, marks, subject, text, returns_on in AWAY:
        content = automatic(marks, subject, text)
        yield Sample(f"away-{name}", Kind.AUTOMATIC, content, returns_on=returns_on)
    for name, text, returns_on in HIDDEN:
        content = automatic(NONE, f"Re: {SUBJECT}", text)
        yield Sample(f"away-{name}", Kind.AUTOMATIC, content, returns_on=returns_on)
    yield Sample("receipt-read", Kind.AUTOMATIC, receipt("displayed"))
    yield Sample("receipt-deleted", Kind.AUTOMATIC, receipt("deleted"))


def automatic(marks: Marks, subject: str, text: str, make: Callable[[str], str] = encoded) -> bytes:
    is_null = any("auto-" in mark.lower() for mark in marks)
    lines = (
        "Return-Path: <>" if is_null else "Return-Path: <jana@alder.example>",
        "Received: from mx.alder.example (mx.alder.example [203.0.113.25])",
        "\tby mx.seller.example with ESMTPS id 4b9Xz4; Sun, 01 Jun 2025 09:00:12 +0000 (UTC)",
        "From: Jana Novak <jana@alder.example>",
        f"To: Sam Reed <{TRACKING}>",
        f"Subject: {make(subject)}",
        "Date: Sun, 1 Jun 2025 11:00:11 +0200",
        "Message-ID: <auto-4f1c9b@alder.example>",
        f"In-Reply-To: {SENT_ID}",
        *marks,
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: 8bit",
        "",
        *text.split("\n"),
        "",
    )
    return "\r\n".join(lines).encode()


def receipt(disposition: str) -> bytes:
    lines = (
        "Return-Path: <jana@alder.example>",
        "From: Jana Novak <jana@alder.example>",
        f"To: {TRACKING}",
        f"Subject: Read: {SUBJECT}",
        "Date: Sun, 1 Jun 2025 11:00:11 +0200",
        f"Message-ID: <mdn-{disposition}@alder.example>",
        f"In-Reply-To: {SENT_ID}",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="r"',
        "",
        "--r",
        "Content-Type: text/plain",
        "",
        "Your message was read on Sunday, 1 June 2025.",
        "--r",
        "Content-Type: message/disposition-notification",
        "",
        "Reporting-UA: alder.example; Microsoft Outlook 16.0",
        "Final-Recipient: rfc822;jana@alder.example",
        f"Original-Message-ID: {SENT_ID}",
        f"Disposition: automatic-action/MDN-sent-automatically; {disposition}",
        "",
        "--r--",
        "",
    )
    return "\r\n".join(lines).encode()
