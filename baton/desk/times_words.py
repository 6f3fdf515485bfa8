"""What the page to choose a time says, in the languages that leads are written to in."""

from __future__ import annotations

from dataclasses import dataclass

from baton.desk.accepted import accepted_language


@dataclass(frozen=True, slots=True)
class Words:
    """One language's texts; `{at}`, `{until}` and `{ae}` stand for times and the AE's name.

    Attributes:
        language: Its code.
        title: The page's heading.
        stands: When the meeting is as it stands.
        ask: What the button does.
        show: What stands on it.
        held: The times that follow are this lead's until then; pressing one takes it.
        chosen: Which time was taken, and what comes next.
        full: There is no other time.
        gone: The time is not held any more.
        closed: Nothing can be chosen now.
        damaged: The link is not ours as it is.
        expired: The link is too old.
        failed: It could not be done; what to do instead.
    """

    language: str
    title: str
    stands: str
    ask: str
    show: str
    held: str
    chosen: str
    full: str
    gone: str
    closed: str
    damaged: str
    expired: str
    failed: str


_ALL = (
    Words(
        "en",
        "Choose a time",
        "You are invited for {at}. If that suits you, accept the invitation in your calendar.",
        "If another time suits you better, press the button: some times that suit {ae} are then "
        "held for you for a few minutes.",
        "Show other times",
        "These times suit {ae} and are held for you until {until}. Press the one that you want.",
        "Thank you: {at}. A new invitation comes by mail; please accept it in your calendar.",
        "There is no other time in the next days. Please answer our mail and say what suits you.",
        "That time is not held for you any more, and nothing was changed.",
        "There is no meeting to choose a time for at the moment: the invitation is not out yet, or "
        "all is settled. You can always answer our mail.",
        "This link is damaged, and nothing was changed. Copy all of it from our mail, or answer "
        "that mail.",
        "This link is too old, and nothing was changed. Please answer our last mail.",
        "That did not work. Please try again later, or answer our mail.",
    ),
    Words(
        "de",
        "Einen Termin wählen",
        "Sie sind eingeladen für {at}. Wenn Ihnen das passt, nehmen Sie die Einladung in Ihrem "
        "Kalender an.",
        "Wenn Ihnen eine andere Zeit lieber ist, drücken Sie auf den Knopf: Einige Zeiten, die "
        "{ae} passen, werden dann einige Minuten für Sie freigehalten.",
        "Andere Zeiten zeigen",
        "Diese Zeiten passen {ae} und sind für Sie freigehalten bis {until}. Drücken Sie auf die, "
        "die Sie möchten.",
        "Vielen Dank: {at}. Eine neue Einladung kommt per E-Mail; bitte nehmen Sie sie in Ihrem "
        "Kalender an.",
        "In den nächsten Tagen gibt es keine andere Zeit. Bitte antworten Sie auf unsere E-Mail "
        "und schreiben Sie, was Ihnen passt.",
        "Diese Zeit ist nicht mehr für Sie freigehalten, und es wurde nichts geändert.",
        "Im Moment gibt es keinen Termin zu wählen: Die Einladung ist noch nicht verschickt, oder "
        "alles ist schon geklärt. Sie können immer auf unsere E-Mail antworten.",
        "Dieser Link ist beschädigt, und es wurde nichts geändert. Kopieren Sie ihn ganz aus "
        "unserer E-Mail, oder antworten Sie darauf.",
        "Dieser Link ist zu alt, und es wurde nichts geändert. Bitte antworten Sie auf unsere "
        "letzte E-Mail.",
        "Das hat nicht geklappt. Bitte versuchen Sie es später noch einmal, oder antworten Sie "
        "auf unsere E-Mail.",
    ),
    Words(
        "fr",
        "Choisir un horaire",
        "Vous êtes invité(e) pour {at}. Si cela vous convient, acceptez l'invitation dans votre "
        "agenda.",
        "Si un autre horaire vous convient mieux, appuyez sur le bouton : quelques horaires qui "
        "conviennent à {ae} vous seront réservés pendant quelques minutes.",
        "Voir d'autres horaires",
        "Ces horaires conviennent à {ae} et vous sont réservés jusqu'à {until}. Appuyez sur celui "
        "que vous souhaitez.",
        "Merci : {at}. Une nouvelle invitation vous parvient par mail ; veuillez l'accepter dans "
        "votre agenda.",
        "Il n'y a pas d'autre horaire dans les prochains jours. Répondez à notre message et "
        "dites-nous ce qui vous convient.",
        "Cet horaire ne vous est plus réservé et rien n'a été changé.",
        "Il n'y a pas d'horaire à choisir pour le moment : l'invitation n'est pas encore partie, "
        "ou tout est déjà convenu. Vous pouvez toujours répondre à notre message.",
        "Ce lien est abîmé et rien n'a été changé. Copiez-le en entier depuis notre message, ou "
        "répondez à ce message.",
        "Ce lien est trop ancien et rien n'a été changé. Répondez à notre dernier message.",
        "Cela n'a pas marché. Réessayez plus tard, ou répondez à notre message.",
    ),
    Words(
        "es",
        "Elegir una hora",
        "La invitación es para {at}. Si le viene bien, acéptela en su calendario.",
        "Si otra hora le viene mejor, pulse el botón: le reservaremos durante unos minutos algunas "
        "horas que le vienen bien a {ae}.",
        "Mostrar otras horas",
        "Estas horas le vienen bien a {ae} y están reservadas para usted hasta {until}. Pulse la "
        "que prefiera.",
        "Gracias: {at}. Recibirá una nueva invitación por correo; acéptela, por favor, en su "
        "calendario.",
        "No hay otra hora en los próximos días. Responda a nuestro mensaje y díganos qué le viene "
        "bien.",
        "Esa hora ya no está reservada para usted y no se ha cambiado nada.",
        "Por ahora no hay ninguna hora que elegir: la invitación aún no ha salido, o ya está todo "
        "acordado. Siempre puede responder a nuestro mensaje.",
        "Este enlace está dañado y no se ha cambiado nada. Cópielo entero de nuestro mensaje, o "
        "respóndalo.",
        "Este enlace es demasiado antiguo y no se ha cambiado nada. Responda a nuestro último "
        "mensaje.",
        "No ha funcionado. Inténtelo más tarde, o responda a nuestro mensaje.",
    ),
)
_BY_LANGUAGE = {words.language: words for words in _ALL}


def words_in(language: str) -> Words:
    """Return the texts in the language, or English if there are none."""
    return _BY_LANGUAGE.get(language, _BY_LANGUAGE["en"])


def words_for(accepted: str) -> Words:
    """Return the texts in the first known language of an `Accept-Language`; or English."""
    return _BY_LANGUAGE[accepted_language(accepted, _BY_LANGUAGE)]
