"""People who answer, also with words that a machine would trip over."""

from __future__ import annotations

from collections.abc import Iterator

from tests.mail.samples.clients import (
    Client,
    Written,
    android,
    bottom,
    exchange,
    gmail,
    icloud,
    iphone,
    lotus,
    outlook,
    outlook_phone,
    proton,
    shift_jis,
    thunderbird,
    webmail,
    yahoo,
    zoho,
)
from tests.mail.samples.model import Kind, Sample

# The lead's answers: program, language, words.
LEAD: tuple[tuple[Client, str, str], ...] = (
    (gmail, "en", "Hi Sam, hi Ana,\n\nhappy to talk. Tuesday 10am works for me.\n\nJana"),
    (gmail, "en", "Yes please!"),
    (
        gmail,
        "de",
        "Hallo Ana,\n\ngerne, Dienstag um 10 Uhr passt mir gut.\n\nViele Grüße\nJana Novak",
    ),
    (gmail, "fr", "Bonjour Ana,\n\nAvec plaisir, mardi 10h me convient.\n\nCordialement,\nJana"),
    (gmail, "es", "Hola Ana:\n\nEncantada, el martes a las 10 me va bien.\n\nUn saludo,\nJana"),
    (gmail, "it", "Ciao Ana,\n\nvolentieri, martedì alle 10 va bene.\n\nJana"),
    (gmail, "pt", "Olá Ana,\n\nclaro, terça às 10h está ótimo.\n\nAbraço,\nJana"),
    (gmail, "nl", "Hoi Ana,\n\ngraag, dinsdag om 10 uur komt goed uit.\n\nGroet, Jana"),
    (gmail, "sv", "Hej Ana,\n\ngärna, tisdag kl. 10 passar bra.\n\nHälsningar\nJana"),
    (gmail, "pl", "Dzień dobry,\n\nchętnie, wtorek o 10 mi pasuje.\n\nPozdrawiam\nJana"),
    (
        gmail,
        "ja",
        "アナ様\n\nご紹介ありがとうございます。火曜日の10時でお願いいたします。\n\nノヴァク",
    ),
    (
        outlook,
        "en",
        "Thanks Sam. Ana, let us speak next week, I am free on Thursday.\n\nBest,\nJana",
    ),
    (
        outlook,
        "de",
        "Guten Tag Frau Ortiz,\n\nvielen Dank. Haben Sie am Donnerstag Zeit?\n\nMfG\nNovak",
    ),
    (outlook, "fr", "Merci Sam. Ana, jeudi matin serait parfait.\n\nBien à vous"),
    (outlook, "es", "Gracias, Sam. Ana, ¿le viene bien el jueves?"),
    (outlook, "it", "Grazie Sam. Ana, giovedì mattina sarebbe perfetto."),
    (outlook, "pl", "Dziękuję, Sam. Pani Ano, czwartek rano będzie idealny."),
    (outlook, "sv", "Tack Sam! Ana, torsdag förmiddag blir bra."),
    (outlook, "nl", "Dank je Sam. Ana, donderdagochtend is prima."),
    (outlook, "da", "Tak Sam. Ana, torsdag formiddag passer fint."),
    (exchange, "en", "Works for me.\n\nJana Novak\nChief Marketing Officer"),
    (exchange, "de", "Passt, bis Dienstag.\n\nMit freundlichen Grüßen\nJana Novak"),
    (exchange, "fr", "C'est noté, à mardi."),
    (iphone, "en", "Sure, Tuesday"),
    (iphone, "de", "Ja gerne, Dienstag"),
    (iphone, "fr", "Ok pour mardi"),
    (iphone, "es", "Vale, el martes"),
    (iphone, "sv", "Funkar bra"),
    (icloud, "en", "That would be lovely. Can you send me something to read first?"),
    (icloud, "de", "Das wäre schön. Können Sie mir vorab etwas schicken?"),
    (icloud, "it", "Sarebbe bello. Può mandarmi qualcosa da leggere prima?"),
    (thunderbird, "en", "We use two systems today; I will send you a drawing."),
    (thunderbird, "de", "Wir haben heute zwei Systeme; ich schicke Ihnen eine Skizze."),
    (thunderbird, "fr", "Nous avons deux systèmes aujourd'hui ; je vous envoie un schéma."),
    (bottom, "en", "Fine, see you then."),
    (yahoo, "en", "Great, thank you both!"),
    (yahoo, "it", "Perfetto, grazie a entrambi!"),
    (zoho, "en", "Can we do Wednesday instead?"),
    (lotus, "en", "Fine with me. Regards, Jana"),
    (lotus, "de", "Einverstanden. Gruß, Jana Novak"),
    (android, "en", "Ok, Tuesday then"),
    (android, "de", "Ok, dann Dienstag"),
    (outlook_phone, "en", "Tuesday is good"),
    (outlook_phone, "cs", "Úterý se hodí"),
    (proton, "en", "Agreed. Please bring the price list."),
    (shift_jis, "ja", "火曜日で問題ありません。よろしくお願いいたします。"),
    (webmail, "de", "Hallo, gerne. Wann passt es Ihnen? Jana Novak"),
    # Words that a filter could trip over.
    (gmail, "en", "Not interested right now, ask me again in autumn."),
    (gmail, "en", "I am out of the office on Tuesday, but Wednesday at 9 works. Shall we?"),
    (
        outlook,
        "en",
        "How can my team unsubscribe from your newsletter? I want to stay on it myself.",
    ),
    (outlook, "en", "We have to stop the old contract first, then we can talk."),
    (gmail, "en", "Please do not call me on my mobile, mail is better."),
    (gmail, "en", "Don't contact me before Friday please, I am at a trade fair."),
    (gmail, "en", "Our out of office assistant is broken, does your product do that?"),
    (iphone, "en", "Stop by any time"),
    (outlook, "de", "Ich bin bis Freitag im Urlaub, können wir danach sprechen? Montag um 9?"),
    (gmail, "de", "Bitte rufen Sie nicht mehr im Sekretariat an, sondern direkt bei mir."),
    (gmail, "de", "Wie melde ich einen Kollegen vom Newsletter ab? Ich selbst bleibe gerne dabei."),
    (gmail, "fr", "Je ne veux pas me désabonner, au contraire, envoyez-moi plus d'informations."),
    (gmail, "es", "No quiero darme de baja, solo cambiar la hora de la reunión."),
    (outlook, "fr", "Je suis absente jeudi, mais vendredi à 9h je suis là. Cela vous va ?"),
    (
        thunderbird,
        "en",
        "Does the contract have a removal clause? Remove me from the cc next time, Ana.",
    ),
    (gmail, "en", "My last mail to you bounced, so here it is again: yes to Tuesday."),
    (exchange, "en", "Your automatic reply says you are away. I can wait until Monday."),
    (gmail, "nl", "Ik wil me niet uitschrijven hoor, ik heb alleen een vraag over de prijs."),
    (gmail, "pt", "Não quero cancelar a inscrição, só mudar o horário."),
    (gmail, "ja", "配信停止ではなく、時間の変更をお願いします。"),
)


def samples() -> Iterator[Sample]:
    for number, (client, language, text) in enumerate(LEAD):
        first = text.split("\n")[0]
        yield Sample(
            f"lead-{number:02}-{client.__name__}-{language}",
            Kind.REPLY,
            client(Written(text, language)),
            says=first,
        )
    to = "Jana Novak <jana@alder.example>"
    for client, language, text in (
        (gmail, "en", "Hi Jana, nice to meet you. Does Tuesday at 10 suit you?"),
        (outlook, "en", "Jana, a pleasure. I am out of office on Friday, how about Tuesday?"),
        (outlook, "de", "Liebe Frau Novak, schön, Sie kennenzulernen. Passt Dienstag?"),
        (iphone, "en", "Hi Jana! Tuesday?"),
        (outlook_phone, "en", "On it, will call Jana today"),
    ):
        written = Written(
            text,
            language,
            name="Ana Ortiz",
            email="ana@seller.example",
            to=f"{to}, {Written('').to}",
        )
        yield Sample(f"ae-{client.__name__}-{language}", Kind.REPLY, client(written), says=text)
    odd = (
        ("comma", "Novak, Jana"),
        ("quotes", 'Jana "JJ" Novak'),
        ("emoji", "Jana 🌲 Novak"),
        ("rtl", "יאנה נובק"),
        ("japanese", "ノヴァク ヤナ"),
        ("arabic", "\u202eجانا نوفاك"),
    )
    for which, name in odd:
        quoted = '"' + name.replace('"', '\\"') + '"' if name.isascii() else name
        written = Written("Thank you, Tuesday it is.", name=quoted)
        yield Sample(f"name-{which}", Kind.REPLY, gmail(written), says="Tuesday it is")
