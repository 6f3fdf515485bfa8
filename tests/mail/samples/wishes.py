"""Wishes not to be contacted, in words and by mailto; in doubt they are no such wish."""

from __future__ import annotations

from collections.abc import Iterator

from tests.mail.messages import OWN
from tests.mail.samples.clients import (
    Client,
    Written,
    android,
    exchange,
    gmail,
    icloud,
    iphone,
    lotus,
    outlook,
    outlook_phone,
    shift_jis,
    thunderbird,
    webmail,
    yahoo,
    zoho,
)
from tests.mail.samples.model import Kind, Sample

WORDS: tuple[tuple[Client, str, str], ...] = (
    (gmail, "en", "Unsubscribe"),
    (iphone, "en", "STOP"),
    (iphone, "en", "unsubscribe please"),
    (outlook_phone, "en", "Remove me"),
    (gmail, "en", "Please never contact me again."),
    (outlook, "en", "Sam,\n\nplease remove me from your mailing list.\n\nJana Novak"),
    (outlook, "en", "No thanks. Please take me off your list."),
    (outlook, "en", "I have asked twice already. Do not email me again."),
    (exchange, "en", "Kindly stop emailing me.\n\nRegards\nJana"),
    (thunderbird, "en", "I never agreed to this. Do not contact me any more."),
    (yahoo, "en", "please opt me out, thanks"),
    (zoho, "en", "Please unsubscribe me from all of this."),
    (icloud, "en", "Hello,\nI would like to be removed from your database.\nThank you\nJana"),
    (android, "en", "Stop sending me emails!"),
    (gmail, "en", "Please delete my data and do not contact me again."),
    (gmail, "de", "Abmelden"),
    (outlook, "de", "Bitte kontaktieren Sie mich nicht mehr."),
    (outlook, "de", "Guten Tag,\n\nbitte nehmen Sie mich aus Ihrem Verteiler.\n\nNovak"),
    (exchange, "de", "Ich möchte keine weiteren E-Mails mehr von Ihnen erhalten."),
    (lotus, "de", "Bitte löschen Sie mich aus Ihrer Datenbank und schreiben Sie mir nicht mehr."),
    (iphone, "de", "Bitte keine Mails mehr"),
    (gmail, "de", "Kein Interesse. Streichen Sie mich bitte von Ihrer Liste."),
    (gmail, "fr", "Désabonnez-moi s'il vous plaît."),
    (outlook, "fr", "Merci de ne plus me contacter."),
    (iphone, "fr", "Ne m'écrivez plus."),
    (outlook, "fr", "Veuillez me retirer de votre liste de diffusion."),
    (gmail, "es", "Denme de baja, por favor."),
    (outlook, "es", "Por favor, no me escriban más."),
    (gmail, "es", "No quiero recibir más correos."),
    (gmail, "it", "Non contattatemi più, grazie."),
    (outlook, "it", "Vi prego di cancellarmi dalla vostra lista."),
    (gmail, "it", "Non desidero ricevere altre email."),
    (gmail, "pt", "Por favor, não me contatem mais."),
    (outlook, "pt", "Por favor, removam-me da vossa lista."),
    (gmail, "nl", "Schrijf mij uit a.u.b."),
    (outlook, "nl", "Gelieve mij niet meer te contacteren."),
    (gmail, "nl", "Haal mij van uw lijst, alstublieft."),
    (gmail, "sv", "Avregistrera mig, tack."),
    (outlook, "sv", "Kontakta mig inte igen."),
    (gmail, "sv", "Ta bort mig från er lista."),
    (gmail, "pl", "Proszę mnie wypisać z listy."),
    (outlook, "pl", "Proszę więcej do mnie nie pisać."),
    (gmail, "da", "Venligst fjern mig fra jeres liste."),
    (gmail, "ja", "配信停止を希望します。"),
    (shift_jis, "ja", "今後の連絡は不要です。メールを送らないでください。"),
    (webmail, "de", "Bitte schreiben Sie mir nicht mehr. Jana Novak"),
)
# Near a wish, but with a condition, another person's, or about something else: a person's reply.
NEAR: tuple[tuple[Client, str, str], ...] = (
    (gmail, "en", "If you write once more I will ask you to remove me from your list."),
    (outlook, "en", "Tom asked me to tell you: please never contact him again."),
    (gmail, "en", "Please do not contact me by phone, mail is fine."),
    (gmail, "en", 'Your footer says "Reply unsubscribe". Does that work for forwards too?'),
    (gmail, "de", "Falls es mehr als 100 Euro kostet, nehmen Sie mich bitte aus Ihrem Verteiler."),
    (gmail, "fr", "Ne me contactez plus par téléphone, mais par mail."),
    (outlook, "es", "No me escriban más a esta dirección, usen jana.novak@alder.example."),
    (gmail, "en", "Remove me from the thread but keep Ana on it, I will join the call."),
    (gmail, "ja", "電話での連絡は不要です。メールでお願いします。"),
    (gmail, "pl", "Proszę nie pisać przed piątkiem, jestem na targach."),
)


def samples() -> Iterator[Sample]:
    for number, (client, language, text) in enumerate(WORDS):
        name = f"wish-{number:02}-{client.__name__}-{language}"
        yield Sample(name, Kind.OPT_OUT, client(Written(text, language)))
    for number, (client, language, text) in enumerate(NEAR):
        name = f"near-{number:02}-{client.__name__}-{language}"
        yield Sample(name, Kind.REPLY, client(Written(text, language)))
    to = OWN.replace("@", "+unsubscribe-7c1e@")
    for client in (gmail, outlook, iphone, icloud):
        written = Written("", to=to, subject="unsubscribe", answers=False, quotes=False)
        yield Sample(f"mailto-{client.__name__}", Kind.OPT_OUT, client(written))
    empty = Written("", to=OWN, subject="Unsubscribe", answers=False, quotes=False)
    yield Sample("mailto-own-subject", Kind.OPT_OUT, webmail(empty))
