"""What the page to unsubscribe says, in the languages that leads are written to in."""

from __future__ import annotations

from dataclasses import dataclass

from baton.desk.accepted import accepted_language


@dataclass(frozen=True, slots=True)
class Words:
    """One language's texts.

    Attributes:
        language: Its code.
        title: The page's heading.
        ask: What the button does.
        button: What stands on it.
        done: The wish holds.
        again: Whoever regrets it writes to the address that follows, from their own.
        damaged: The link is not ours as it is.
        expired: The link is too old.
        failed: It could not be done; what to do instead.
    """

    language: str
    title: str
    ask: str
    button: str
    done: str
    again: str
    damaged: str
    expired: str
    failed: str


_ALL = (
    Words(
        "en",
        "Unsubscribe",
        "Press the button and nobody here will write to you again.",
        "Unsubscribe",
        "Done. Nobody here will write to you again.",
        "Changed your mind? Write from your own address to",
        "This link is damaged, and nothing was changed. Copy all of it from our mail, or answer "
        "that mail with the word unsubscribe.",
        "This link is too old, and nothing was changed. Answer our last mail with the word "
        "unsubscribe.",
        "That did not work. Please try again later, or answer our mail with the word unsubscribe.",
    ),
    Words(
        "de",
        "Abmelden",
        "Ein Klick auf den Knopf, und niemand hier schreibt Ihnen mehr.",
        "Abmelden",
        "Erledigt. Niemand hier schreibt Ihnen mehr.",
        "Anders überlegt? Schreiben Sie von Ihrer eigenen Adresse an",
        "Dieser Link ist beschädigt, und es wurde nichts geändert. Kopieren Sie ihn ganz aus "
        "unserer E-Mail, oder antworten Sie darauf mit dem Wort abmelden.",
        "Dieser Link ist zu alt, und es wurde nichts geändert. Antworten Sie auf unsere letzte "
        "E-Mail mit dem Wort abmelden.",
        "Das hat nicht geklappt. Bitte versuchen Sie es später noch einmal, oder antworten Sie "
        "auf unsere E-Mail mit dem Wort abmelden.",
    ),
    Words(
        "fr",
        "Se désabonner",
        "Appuyez sur le bouton et plus personne ici ne vous écrira.",
        "Se désabonner",
        "C'est fait. Plus personne ici ne vous écrira.",
        "Vous changez d'avis ? Écrivez, depuis votre propre adresse, à",
        "Ce lien est abîmé et rien n'a été changé. Copiez-le en entier depuis notre message, ou "
        "répondez-y par le mot désabonner.",
        "Ce lien est trop ancien et rien n'a été changé. Répondez à notre dernier message par le "
        "mot désabonner.",
        "Cela n'a pas marché. Réessayez plus tard, ou répondez à notre message par le mot "
        "désabonner.",
    ),
    Words(
        "es",
        "Darse de baja",
        "Pulse el botón y nadie de aquí volverá a escribirle.",
        "Darme de baja",
        "Hecho. Nadie de aquí volverá a escribirle.",
        "¿Ha cambiado de idea? Escriba desde su propia dirección a",
        "Este enlace está dañado y no se ha cambiado nada. Cópielo entero de nuestro mensaje, o "
        "respóndalo con la palabra baja.",
        "Este enlace es demasiado antiguo y no se ha cambiado nada. Responda a nuestro último "
        "mensaje con la palabra baja.",
        "No ha funcionado. Inténtelo más tarde, o responda a nuestro mensaje con la palabra baja.",
    ),
)
_BY_LANGUAGE = {words.language: words for words in _ALL}


def words_for(accepted: str) -> Words:
    """Return the texts in the first known language of an `Accept-Language`; or English."""
    return _BY_LANGUAGE[accepted_language(accepted, _BY_LANGUAGE)]
