"""Mail programs: the headers, parts and quotes that each puts around what a person writes."""

from __future__ import annotations

import base64
import html
import quopri
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from email.header import Header
from hashlib import sha256

from tests.mail.messages import OWN, SENT_ID, TRACKING

SAM = "Sam Reed <sam@seller.example>"
SUBJECT = "Introduction: Jana Novak and Ana Ortiz"
# What we sent, as it stands below an answer: with the words that are not the answerer's.
ORIGINAL = """Hello Jana,

as we agreed on the phone, I would like to introduce you to my colleague Ana Ortiz
(ana@seller.example). She will be out of office on Friday, any other day is fine.

Best regards
Sam Reed

Would you rather not hear from us? Reply "unsubscribe" and nobody will write to you again:
please remove me from your list."""

# How Gmail's and Apple's programs announce the quote, and what stands below a phone's mail.
WROTE = {
    "en": "On Sun, Jun 1, 2025 at 9:00\u202fAM Sam Reed <sam@seller.example> wrote:",
    "de": "Am So., 1. Juni 2025 um 09:00 Uhr schrieb Sam Reed <sam@seller.example>:",
    "fr": "Le dim. 1 juin 2025 à 09:00, Sam Reed <sam@seller.example> a écrit :",
    "es": "El dom, 1 jun 2025 a las 9:00, Sam Reed (<sam@seller.example>) escribió:",
    "it": "Il giorno dom 1 giu 2025 alle ore 09:00 Sam Reed <sam@seller.example> ha scritto:",
    "pt": "Em dom., 1 de jun. de 2025 às 09:00, Sam Reed <sam@seller.example> escreveu:",
    "nl": "Op zo 1 jun 2025 om 09:00 schreef Sam Reed <sam@seller.example>:",
    "sv": "Den sön 1 juni 2025 kl 09:00 skrev Sam Reed <sam@seller.example>:",
    "pl": "niedz., 1 cze 2025 o 09:00 Sam Reed <sam@seller.example> napisał(a):",
    "ja": "2025年6月1日(日) 9:00 Sam Reed <sam@seller.example>:",
    "da": "Den søn. 1. jun. 2025 kl. 09.00 skrev Sam Reed <sam@seller.example>:",
    "cs": "ne 1. 6. 2025 v 9:00 odesílatel Sam Reed <sam@seller.example> napsal:",
}
PHONE = {
    "en": "Sent from my iPhone",
    "de": "Von meinem iPhone gesendet",
    "fr": "Envoyé de mon iPhone",
    "es": "Enviado desde mi iPhone",
    "it": "Inviato da iPhone",
    "pt": "Enviado do meu iPhone",
    "nl": "Verstuurd vanaf mijn iPhone",
    "sv": "Skickat från min iPhone",
    "pl": "Wysłane z iPhone'a",
    "ja": "iPhoneから送信",
    "da": "Sendt fra min iPhone",
    "cs": "Odesláno z iPhonu",
}
# The lines with which Outlook begins what it quotes.
FIELDS = {
    "en": ("From:", "Sent:", "To:", "Subject:"),
    "de": ("Von:", "Gesendet:", "An:", "Betreff:"),
    "fr": ("De :", "Envoyé :", "À :", "Objet :"),
    "es": ("De:", "Enviado el:", "Para:", "Asunto:"),
    "it": ("Da:", "Inviato:", "A:", "Oggetto:"),
    "pt": ("De:", "Enviada em:", "Para:", "Assunto:"),
    "nl": ("Van:", "Verzonden:", "Aan:", "Onderwerp:"),
    "sv": ("Från:", "Skickat:", "Till:", "Ämne:"),
    "pl": ("Od:", "Wysłane:", "Do:", "Temat:"),
    "ja": ("差出人:", "送信日時:", "宛先:", "件名:"),
    "da": ("Fra:", "Sendt:", "Til:", "Emne:"),
    "cs": ("Od:", "Odesláno:", "Komu:", "Předmět:"),
}
PREFIX = {"de": "AW: ", "sv": "SV: ", "pl": "Odp: ", "pt": "RES: ", "da": "SV: ", "nl": "Antw: "}


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody writes, and in which language their program speaks."""

    text: str
    language: str = "en"
    name: str = "Jana Novak"
    email: str = "jana@alder.example"
    subject: str | None = None
    to: str = f"{SAM}, {TRACKING}"
    cc: str = ""
    answers: bool = True
    extra: tuple[str, ...] = ()
    quotes: bool = True

    @property
    def host(self) -> str:
        return self.email.partition("@")[2]

    @property
    def number(self) -> str:
        return sha256(f"{self.text}{self.email}{self.subject}".encode()).hexdigest()


Client = Callable[[Written], bytes]


def gmail(written: Written) -> bytes:
    quoted = "\n".join(f"> {line}".rstrip() for line in ORIGINAL.splitlines())
    below = f"{WROTE[written.language]}\n\n{quoted}" if written.quotes else ""
    page = (
        f'<div dir="ltr">{_lines(written.text)}</div><br><div class="gmail_quote '
        f'gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f"{html.escape(WROTE[written.language])}<br></div><blockquote "
        f'class="gmail_quote" style="margin:0px 0px 0px 0.8ex">{_lines(ORIGINAL)}'
        "</blockquote></div>"
    )
    return _message(
        written,
        f"<CA+{written.number[:40]}@mail.gmail.com>",
        "X-Google-Smtp-Source: AGHT+IF" + written.number[:30],
        "X-Received: by 2002:a05:6512:3d1b:b0:553:2a2f:5d1e with SMTP id d27",
        parts=(("plain", f"{written.text}\n\n{below}"), ("html", page)),
    )


def outlook(written: Written) -> bytes:
    """Outlook on Exchange Online: HTML with a plain part, the quote below a ruler."""
    page = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal'
        '{margin:0cm}</style></head><body lang="EN-GB"><div class="WordSection1">'
        + "".join(f'<p class="MsoNormal">{html.escape(x)}<o:p></o:p></p>' for x in _split(written))
        + '<div id="divRplyFwdMsg"><div style="border-top:solid #E1E1E1 1.0pt">'
        + _lines(_outlook_quote(written.language))
        + "</div></div></div></body></html>"
    )
    plain = f"{written.text}\n\n{_outlook_quote(written.language)}"
    return _message(
        written,
        f"<AM0PR04MB{written.number[:20].upper()}@AM0PR04MB6289.eurprd04.prod.outlook.com>",
        "Thread-Topic: " + SUBJECT,
        "Thread-Index: AQHb0rXkE0T2m2mFZU6bM4Jz9Wv8FrPu",
        "X-MS-Has-Attach:",
        "X-MS-TNEF-Correlator:",
        "x-ms-exchange-messagesentrepresentingtype: 1",
        "X-OriginatorOrg: " + written.host,
        parts=(("plain", plain), ("html", page)),
    )


def exchange(written: Written) -> bytes:
    """Outlook on an Exchange of one's own: plain, with the line of the original message."""
    names = FIELDS[written.language]
    below = f"-----Original Message-----\n{names[0]} {SAM}\n{names[3]} {SUBJECT}\n\n{ORIGINAL}"
    return _message(
        written,
        f"<{written.number[:32]}@EX01.corp.{written.host}>",
        "Thread-Index: AdvSs2w3Cq3rX",
        "X-Mailer: Microsoft Outlook 16.0",
        parts=(("plain", f"{written.text}\n\n{below}"),),
        charset="iso-8859-1",
    )


def outlook_phone(written: Written) -> bytes:
    page = (
        f'<html><body><div dir="auto">{_lines(written.text)}</div><div id="ms-outlook-mobile-'
        'signature"><a href="https://aka.ms/o0ukef">Get Outlook for iOS</a></div>'
        '<hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr">'
        f"{_lines(_outlook_quote(written.language))}</div></body></html>"
    )
    return _message(
        written,
        f"<DB9PR02MB{written.number[:20].upper()}@DB9PR02MB6729.eurprd02.prod.outlook.com>",
        "Thread-Topic: " + SUBJECT,
        "X-MS-Has-Attach:",
        parts=(("html", page),),
    )


def iphone(written: Written) -> bytes:
    quoted = "\n".join(f"> {line}".rstrip() for line in ORIGINAL.splitlines())
    text = (
        f"{written.text}\n\n{PHONE[written.language]}\n\n> {WROTE[written.language]}\n> \n{quoted}"
    )
    return _message(
        written,
        f"<{written.number[:8].upper()}-5C1E-4B7D-9E1A-{written.number[8:20].upper()}@{written.host}>",
        "X-Mailer: iPhone Mail (22F76)",
        "Mime-Version: 1.0 (1.0)",
        parts=(("plain", text),),
    )


def icloud(written: Written) -> bytes:
    quoted = "\n".join(f"> {line}".rstrip() for line in ORIGINAL.splitlines())
    text = f"{written.text}\n\n> {WROTE[written.language]}\n> \n{quoted}"
    page = (
        f'<html><body style="overflow-wrap: break-word;">{_lines(written.text)}<br><blockquote '
        f'type="cite"><div>{html.escape(WROTE[written.language])}</div>{_lines(ORIGINAL)}'
        "</blockquote></body></html>"
    )
    return _message(
        written,
        f"<{written.number[:8].upper()}-88AF-4C0B-BB1C-{written.number[8:20].upper()}@icloud.com>",
        "X-Mailer: Apple Mail (2.3826.600.51.1.1)",
        parts=(("plain", text), ("html", page)),
    )


def thunderbird(written: Written) -> bytes:
    quoted = "\n".join(f"> {line}".rstrip() for line in ORIGINAL.splitlines())
    wrote = {
        "de": "Am 01.06.25 um 09:00 schrieb Sam Reed:",
        "fr": "Le 01/06/2025 à 09:00, Sam Reed a écrit :",
    }
    above = wrote.get(written.language, "On 6/1/25 09:00, Sam Reed wrote:")
    return _message(
        written,
        f"<{written.number[:8]}-3a5b-4f2e-8d6e-{written.number[8:20]}@{written.host}>",
        "User-Agent: Mozilla Thunderbird",
        "Content-Language: " + written.language,
        parts=(("plain", f"{written.text}\n\n{above}\n{quoted}"),),
    )


def bottom(written: Written) -> bytes:
    """Thunderbird of somebody who writes below the quote."""
    quoted = "\n".join(f"> {line}".rstrip() for line in ORIGINAL.splitlines())
    return _message(
        written,
        f"<{written.number[:8]}-77aa-4f2e-8d6e-{written.number[8:20]}@{written.host}>",
        "User-Agent: Mozilla Thunderbird",
        parts=(("plain", f"On 6/1/25 09:00, Sam Reed wrote:\n{quoted}\n\n{written.text}"),),
    )


def yahoo(written: Written) -> bytes:
    page = (
        f'<html><body><div class="yahoo-style-wrap"><div dir="ltr">{_lines(written.text)}</div>'
        f'</div><div id="yahoo_quoted_4711" class="yahoo_quoted">{_lines(ORIGINAL)}</div>'
        "</body></html>"
    )
    plain = f" {written.text}\n\n    {WROTE[written.language]}\n \n " + ORIGINAL.replace(
        "\n", "\n "
    )
    return _message(
        written,
        f"<1174{written.number[:9]}.2881.17487{written.number[:8]}@mail.yahoo.com>",
        "X-Mailer: WebService/1.1.23956 YMailNovation",
        parts=(("plain", plain), ("html", page)),
    )


def zoho(written: Written) -> bytes:
    page = (
        f'<div style="font-family: Verdana">{_lines(written.text)}<div class="zmail_extra">---- On '
        f'Sun, 01 Jun 2025 09:00:00 +0200 <b>Sam Reed</b> wrote ---<blockquote id="blockquote_zmail">'
        f"{_lines(ORIGINAL)}</blockquote></div></div>"
    )
    plain = f"{written.text}\n\n\n---- On Sun, 01 Jun 2025 09:00:00 +0200 Sam Reed <sam@seller.example> wrote ---\n\n{ORIGINAL}"
    return _message(
        written,
        f"<1972{written.number[:12]}.c9f4be2813.1{written.number[:18]}@{written.host}>",
        "X-Mailer: Zoho Mail",
        "Importance: Medium",
        parts=(("plain", plain), ("html", page)),
    )


def lotus(written: Written) -> bytes:
    plain = (
        f"{written.text}\n\n\n\nFrom:   Sam Reed <sam@seller.example>\nTo:     {written.name}\n"
        f"Date:   01/06/2025 09:00\nSubject:        {SUBJECT}\n\n\n\n{ORIGINAL}\n"
    )
    return _message(
        written,
        f"<OF{written.number[:16].upper()}.0025C9A7-ONC1258C9C.0031@{written.host}>",
        "X-Mailer: HCL Notes Release 12.0.2 November 17, 2022",
        "X-MIMETrack: Serialize by Router on Mail01/Alder(Release 12.0.2) at 01.06.2025 10:12:03",
        "X-KeepSent: 3F2A1B0C:0025C9A7-C1258C9C:0031; type=4; name=$KeepSent",
        parts=(("plain", plain),),
        charset="iso-8859-1",
    )


def android(written: Written) -> bytes:
    """Samsung's program: HTML only, its own words about the quote."""
    page = (
        f'<html><body><div dir="auto">{_lines(written.text)}</div><div id="composer_signature" '
        'dir="auto">Sent from my Galaxy</div><div><br></div><div style="font-size:100%">'
        "<!-- originalMessage --><div>-------- Original message --------</div><div>From: "
        f"{html.escape(SAM)} </div><div>Date: 01/06/2025  09:00  (GMT+01:00) </div></div>"
        f"<div>{_lines(ORIGINAL)}</div></body></html>"
    )
    return _message(
        written,
        f"<{written.number[:10]}.1.1748765{written.number[:5]}@email.android.com>",
        parts=(("html", page),),
    )


def proton(written: Written) -> bytes:
    quoted = "\n".join(f"> {line}".rstrip() for line in ORIGINAL.splitlines())
    plain = (
        f"{written.text}\n\nSent with [Proton Mail](https://proton.me) secure email.\n\nOn Sunday, "
        f"June 1st, 2025 at 09:00, Sam Reed <sam@seller.example> wrote:\n\n{quoted}"
    )
    return _message(
        written,
        f"<{written.number[:44]}=@{written.host}>",
        "Feedback-ID: 1234567:user:proton",
        parts=(("plain", plain),),
    )


def webmail(written: Written) -> bytes:
    """A provider's web page that knows neither threads nor quotes well."""
    return _message(
        replace(written, answers=False),
        f"<trinity-{written.number[:8]}-{written.number[8:16]}-1748765012345@3c-app-gmx-bs01>",
        "X-UI-Message-Type: mail",
        parts=(("plain", written.text),),
    )


def shift_jis(written: Written) -> bytes:
    """A Japanese program of the old school: ISO-2022-JP, a quote of its own kind."""
    below = f"-----Original Message-----\n差出人: {SAM}\n件名: {SUBJECT}\n\n" + "\n".join(
        f"> {line}" for line in ORIGINAL.splitlines()
    )
    return _message(
        written,
        f"<2025060118{written.number[:6]}.{written.number[6:10].upper()}.JANA@{written.host}>",
        "X-Mailer: Becky! ver. 2.81.04 [ja]",
        parts=(("plain", f"{written.text}\n\n{below}"),),
        charset="iso-2022-jp",
    )


def _split(written: Written) -> list[str]:
    return [line or "\u00a0" for line in written.text.splitlines()]


def _lines(text: str) -> str:
    return "<br>\n".join(html.escape(line) for line in text.splitlines())


def _outlook_quote(language: str) -> str:
    names = FIELDS[language]
    said = (SAM, "Sunday, 1 June 2025 09:00", "Jana Novak <jana@alder.example>", SUBJECT)
    fields = "\n".join(f"{name} {value}" for name, value in zip(names, said, strict=True))
    return f"________________________________\n{fields}\n\n{ORIGINAL}"


def encoded(text: str, charset: str = "utf-8") -> str:
    """Return a header's value as programs write it: plain, or as encoded words."""
    return text if text.isascii() else Header(text, charset).encode(linesep="\r\n")


def _message(
    written: Written,
    message_id: str,
    *headers: str,
    parts: Sequence[tuple[str, str]],
    charset: str = "utf-8",
) -> bytes:
    prefix = PREFIX.get(written.language, "Re: ")
    subject = written.subject if written.subject is not None else prefix + SUBJECT
    lines = [
        f"Return-Path: <{written.email}>",
        f"Delivered-To: {TRACKING if TRACKING in written.to else OWN}",
        f"Received: from mx.{written.host} (mx.{written.host} [203.0.113.25])",
        "\tby mx.seller.example with ESMTPS id 4b9Xz3; Sun, 01 Jun 2025 10:12:05 +0000 (UTC)",
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={written.host}; s=s1;",
        "\th=from:to:subject:date; bh=" + written.number[:40] + "=; b=" + written.number[::-1],
        f"From: {encoded(written.name)} <{written.email}>",
        f"To: {written.to}",
        *([f"Cc: {written.cc}"] if written.cc else []),
        f"Subject: {encoded(subject)}",
        "Date: Sun, 1 Jun 2025 12:12:03 +0200",
        f"Message-ID: {message_id}",
        *([f"In-Reply-To: {SENT_ID}", f"References: {SENT_ID}"] if written.answers else []),
        *headers,
        *written.extra,
    ]
    if not any(line.lower().startswith("mime-version") for line in lines):
        lines.append("MIME-Version: 1.0")
    return "\r\n".join((*lines, *_body(parts, charset))).encode("ascii")


def _body(parts: Sequence[tuple[str, str]], charset: str) -> list[str]:
    if len(parts) == 1:
        return _part(*parts[0], charset)
    lines = ['Content-Type: multipart/alternative; boundary="000000000000a1b2c3"', ""]
    for kind, text in parts:
        lines += ["--000000000000a1b2c3", *_part(kind, text, charset), ""]
    return [*lines, "--000000000000a1b2c3--", ""]


def _part(kind: str, text: str, charset: str) -> list[str]:
    content = text.replace("\n", "\r\n").encode(charset, "replace")
    head = f'Content-Type: text/{kind}; charset="{charset}"'
    if charset == "iso-2022-jp":
        return [head, "Content-Transfer-Encoding: 7bit", "", content.decode("ascii")]
    if kind == "html" and not text.isascii():
        wrapped = base64.encodebytes(content).decode().replace("\n", "\r\n")
        return [head, "Content-Transfer-Encoding: base64", "", wrapped]
    printable = quopri.encodestring(content.replace(b"\r\n", b"\n")).decode()
    return [
        head,
        "Content-Transfer-Encoding: quoted-printable",
        "",
        printable.replace("\r\n", "\n").replace("\n", "\r\n"),
    ]
