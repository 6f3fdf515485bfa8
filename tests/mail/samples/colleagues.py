"""Answers that name somebody else to talk to: asked of the SDR, never assumed."""

from __future__ import annotations

from collections.abc import Iterator

from tests.mail.samples.clients import (
    SUBJECT,
    Client,
    Written,
    exchange,
    gmail,
    iphone,
    lotus,
    outlook,
    shift_jis,
    thunderbird,
    zoho,
)
from tests.mail.samples.model import Kind, Sample

TOM = "tom.hill@alder.example"
# Program, language, words; all name Tom.
HINTS: tuple[tuple[Client, str, str], ...] = (
    (gmail, "en", f"Please talk to my colleague Tom Hill <{TOM}>, he decides about this."),
    (outlook, "en", f"This is not my area any more. The right person is Tom Hill, {TOM}."),
    (iphone, "en", f"Better contact {TOM}"),
    (exchange, "en", f"You should speak with Tom Hill ({TOM}) in procurement."),
    (thunderbird, "en", f"I am forwarding this to Tom; you can reach him at {TOM}."),
    (zoho, "en", f"Kindly reach out to our head of marketing: Tom Hill - {TOM}"),
    (lotus, "en", f"Please direct this to Tom Hill/Alder, {TOM}"),
    (gmail, "de", f"Bitte wenden Sie sich an meinen Kollegen Tom Hill ({TOM})."),
    (outlook, "de", f"Zuständig ist bei uns Herr Hill, {TOM}."),
    (gmail, "de", f"Sprechen Sie dazu bitte mit Tom Hill, {TOM}."),
    (outlook, "fr", f"Merci de contacter mon collègue Tom Hill ({TOM})."),
    (gmail, "fr", f"La bonne personne est Tom Hill : {TOM}"),
    (gmail, "es", f"Por favor, póngase en contacto con mi compañero Tom Hill ({TOM})."),
    (outlook, "es", f"La persona indicada es Tom Hill, {TOM}."),
    (gmail, "it", f"La prego di contattare il mio collega Tom Hill ({TOM})."),
    (gmail, "pt", f"Por favor, fale com o meu colega Tom Hill ({TOM})."),
    (gmail, "nl", f"Neem contact op met mijn collega Tom Hill ({TOM})."),
    (outlook, "sv", f"Kontakta gärna min kollega Tom Hill ({TOM})."),
    (gmail, "pl", f"Proszę skontaktować się z moim kolegą Tom Hill ({TOM})."),
    (shift_jis, "ja", f"担当のヒル({TOM})にご連絡ください。"),
)


def samples() -> Iterator[Sample]:
    for number, (client, language, text) in enumerate(HINTS):
        name = f"colleague-{number:02}-{client.__name__}-{language}"
        yield Sample(name, Kind.COLLEAGUE, client(Written(text, language)), about=(TOM,))
    copied = Written("Adding Tom, who looks after this.", cc=f"Tom Hill <{TOM}>")
    yield Sample("colleague-copied", Kind.COLLEAGUE, gmail(copied), about=(TOM,))
    quiet = Written("+Tom", cc=f"Tom Hill <{TOM}>, Ana Ortiz <ana@seller.example>")
    yield Sample("colleague-copied-tersely", Kind.COLLEAGUE, outlook(quiet), about=(TOM,))
    for name, client, language, prefix in (
        ("gmail", gmail, "en", "Fwd: "),
        ("outlook-de", outlook, "de", "WG: "),
        ("outlook-fr", outlook, "fr", "TR: "),
    ):
        asks = {"de": "Tom, kümmerst du dich?", "fr": "Tom, tu t'en occupes ?"}
        forwarded = Written(
            asks.get(language, "Tom, can you take this?"),
            language,
            subject=prefix + SUBJECT,
            to=f"Tom Hill <{TOM}>",
            cc=Written("").to,
        )
        yield Sample(f"forward-{name}", Kind.COLLEAGUE, client(forwarded), about=(TOM,))
