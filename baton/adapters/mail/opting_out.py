"""Finds a clear wish not to be contacted in a person's own words; in doubt, finds nothing."""

from __future__ import annotations

import re

# The whole answer, apart from a greeting or a please, is one of these.
_ALONE = re.compile(
    r"""(please\s+|bitte\s+|por\s+favor[,\s]+|s'il\s+vous\s+pla\u00eet[,\s]+)?(
        unsubscribe(\s+me)? | stop | stop\s+it | stop\s+(e-?mailing|mailing|contacting)(\s+me)?
      | remove(\s+me)? | opt\s*-?\s*out | take\s+me\s+off | no\s+more\s+(e-?)?mails?
      | leave\s+me\s+alone | abmelden | abbestellen | austragen
      | d\u00e9sabonner | d\u00e9sinscrire | d\u00e9sinscription | d\u00e9sabonnement
      | baja | darme\s+de\s+baja | cancelar\s+(la\s+)?suscripci\u00f3n
      | cancellami | cancellatemi | disiscrivimi | disiscrivetemi | cancella\s+iscrizione
      | descadastrar | remover | uitschrijven | afmelden
    )(\s+please|\s+bitte|,?\s+thanks?(\s+you)?)?""",
    re.IGNORECASE | re.VERBOSE,
)
_END = (
    r"(?=\s*(again|any\s*more|any\s+further|ever|ever\s+again|in\s+(the\s+)?future|please"
    r"|thanks|thank\s+you|[,\s])*$)"
)
_LIST = r"(your|the|this|all|any)(\s+\w+){0,2}\s+(list|lists|database|mailings?|distribution)"
# A sentence that holds one of these, and no sign of doubt, is clear.
_CLEAR = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        (
            r"\b(please|kindly|want\s+to|like\s+to|wish\s+to|just)\s+(be\s+)?unsubscribed?\b(?!\s+\w+\s+who"
            r")"
        ),
        r"\bunsubscribe\s+(me|us|this\s+address|my\s+(e-?mail|address))\b",
        r"^(please\s+)?unsubscribe$",
        rf"\b(remove|delete|take)\s+(me|us|my\s+(e-?mail(\s+address)?|address|name|data|details))\s+(from|off)\s+{_LIST}\b",
        rf"\b(do\s+not|don'?t|never|stop)\s+(ever\s+)?(contact(ing)?|e-?mail(ing)?|mail(ing)?|call(ing)?|writ(e|ing)(\s+to)?|messag(e|ing)|bother(ing)?|spam(ming)?)\s+(me|us){_END}",
        r"\b(do\s+not|don'?t)\s+(contact|e-?mail|mail|write(\s+to)?|bother)\s+(me|us)\s+(again|any\s*more|ever\s+again|any\s+further)\b",
        r"\bnever\s+(contact|e-?mail|mail|call|write(\s+to)?|bother)\s+(me|us)\s+again\b",
        rf"\bstop\s+sending\s+(me|us)\s+(these\s+|your\s+|any\s+(more\s+)?)?((e-?)?mails?|messages){_END}",
        r"\b(do\s+not|don'?t)\s+send\s+(me|us)\s+(any\s+)?(more\s+|further\s+)((e-?)?mails?|messages)\b",
        r"\bopt\s+(me|us)\s+out\b",
        r"\bi\s+(want|wish|would\s+like)\s+to\s+opt\s+out\b",
        r"\b(kontaktieren|schreiben|mailen)\s+sie\s+(mich|mir|uns)\s+(bitte\s+)?nicht\s+mehr\b",
        r"\b(kontaktieren?|schreibt?|mailt?)\s+(mich|mir|uns)\s+(bitte\s+)?nicht\s+mehr\b",
        r"\b(nehmen|streichen|l\u00f6schen)\s+sie\s+(mich|uns)\s+(bitte\s+)?(aus|von)\s+(ihrem|dem|der|ihrer)\s+(\w+\s+)?(verteiler|liste)\b",
        r"\bkeine\s+(weiteren\s+)?(e-?mails?|mails?|nachrichten)\s+mehr\b",
        r"\bne\s+(me|nous)\s+(contactez|\u00e9crivez|recontactez)\s+plus\b",
        r"\b(d\u00e9sabonnez|d\u00e9sinscrivez|retirez|supprimez)-(moi|nous)\b",
        r"\b(no\s+me|no\s+nos)\s+(contacte|contacten|escriba|escriban)\s+(m\u00e1s|nunca\s+m\u00e1s)\b",
        r"\b(denme|deme|dadme|darme|dame)\s+de\s+baja\b",
        r"\b(elim\u00ednenme|elim\u00edneme|b\u00f3rrenme|b\u00f3rreme)\s+de\s+(su|la)\s+lista\b",
        r"\bnon\s+(contattatemi|contattarmi|scrivetemi)\s+pi\u00f9\b",
        r"\bn\u00e3o\s+me\s+(contate|contatem|escreva|escrevam)\s+mais\b",
        r"\bneem\s+geen\s+contact\s+meer\b|\bschrijf\s+(mij|me|ons)\s+uit\b",
        rf"\b(be|get|have\s+(my\s+)?(\w+\s+)?)\s*removed\s+from\s+{_LIST}\b",
        r"\b(schreiben|mailen|kontaktieren)\s+sie\s+(mir|mich|uns)\s+nie\s+wieder\b",
        r"\b(streichen|l\u00f6schen|entfernen|nehmen)\s+sie\s+(mich|uns)(\s+bitte)?\s+(von|aus)\s+(ihrer|der|ihrem)\b",
        r"\bne\s+(plus|jamais)\s+(me|nous)\s+(contacter|recontacter|\u00e9crire|solliciter)\b",
        r"\bne\s+(m|nous\s)['\u2019]?\s?(\u00e9crivez|envoyez|appelez|contactez)\s+(plus|jamais)\b",
        r"\b(me|nous)\s+(retirer|supprimer|d\u00e9sinscrire|d\u00e9sabonner)\s+de\s+(votre|vos|la|cette|toutes)\b",
        r"\bje\s+ne\s+(veux|souhaite)\s+plus\s+(recevoir|\u00eatre\s+contact)",
        (
            r"\bno\s+(quiero|deseo|queremos|deseamos)\s+(recibir|que\s+me\s+(env\u00eden|contacten|escriban))(\s+(m\u00e1s|ning\u00fan|otros?))?\b"
            r"[^.!?]*(correos?|e-?mails?|mensajes?|m\u00e1s)\b"
        ),
        (
            r"\bno\s+(me|nos)\s+(env\u00ede|env\u00eden|mande|manden|vuelva|vuelvan)\b"
            r"[^.!?]*(m\u00e1s|contactar|escribir|correos?|e-?mails?)\b"
        ),
        r"\b(elim\u00ednenme|qu\u00edtenme|s\u00e1quenme|b\u00f3rrenme)\s+de\s+(su|la|esta)\b",
        r"\b(cancellarmi|rimuovermi|togliermi|cancellatemi|rimuovetemi|toglietemi)\s+(dalla|dalle|da)\b",
        r"\bnon\s+(desidero|voglio|vogliamo)\s+(pi\u00f9\s+)?(ricevere|essere\s+contattat)",
        r"\bnon\s+(mi|ci)\s+(contatti|contattate|scriva|scrivete|mandate|mandi)\s+pi\u00f9\b",
        r"\b(removam|retirem|tirem|excluam|remova|retire|tire|exclua)-(me|nos)\s+d[aeo]s?\b",
        r"\bn\u00e3o\s+(quero|desejo)\s+(mais\s+)?(receber|ser\s+contact)",
        r"\b(haal|verwijder|schrap)\s+(mij|me|ons)\s+(van|uit)\s+(uw|je|jullie|de|deze)\b",
        r"\b(mij|me|ons)\s+niet\s+(meer|langer)\s+(te\s+)?(contacteren|mailen|schrijven|benaderen|bellen)\b",
        r"\b(stuur|mail|contacteer|benader)\s+(mij|me|ons)\s+(niets|niet|geen\s+\w+)\s+meer\b",
        r"\b(kontakta|mejla|maila|skriv\s+till)\s+(mig|oss)\s+(inte|aldrig)\s+(igen|mer|l\u00e4ngre)\b",
        (
            r"\b(avregistrera|ta\s+bort|stryk)\s+(mig|oss)(\s+fr\u00e5n\s+(er|din|den|denna)\b|,?\s*(tack)?$"
            r")"
        ),
        (
            r"\b(fjern|slet|afmeld|frameld)\s+(mig|meg|os|oss)(\s+(fra|af)\s+(jeres|deres|din|listen)\b|,?\s*(tak|takk)?$"
            r")"
        ),
        r"\b(kontakt|skriv\s+til)\s+(mig|meg|os)\s+ikke\s+(igen|mere|mer)\b",
        r"\bprosz\u0119\s+(mnie|nas)\s+(wypisa\u0107|usun\u0105\u0107|skre\u015bli\u0107)\b",
        r"\bprosz\u0119\s+(wi\u0119cej|ju\u017c)\s+(\w+\s+){0,2}nie\s+(pisa\u0107|dzwoni\u0107|kontaktowa\u0107|wysy\u0142a\u0107)\b",
        r"\bprosz\u0119\s+(mi\s+|do\s+mnie\s+)?(wi\u0119cej|ju\u017c)\s+nie\s+(pisa\u0107|wysy\u0142a\u0107)\b",
        r"\b(odhlaste|vyma\u017ete|vy\u0159a\u010fte)\s+(m\u011b|mne)\b|\bu\u017e\s+m(i|\u011b)\s+(nepi\u0161te|nekontaktujte)\b",
        "\u914d\u4fe1(\u306e)?\u505c\u6b62(\u3092|\u5e0c\u671b|\u306b\u3057\u3066|\u304a\u9858\u3044)",
        "(\u30e1\u30fc\u30eb|\u9023\u7d61)(\u306f|\u3092)?[^\u3002]{0,6}(\u9001\u3089\u306a\u3044\u3067|\u3057\u306a\u3044\u3067|\u304a\u6b62\u3081|\u4e0d\u8981\u3067\u3059)",
    )
)
# What comes near: whoever answers for the lead should read it, nobody should guess.
_NEAR = re.compile(
    r"""unsubscrib | opt(ing)?[- ]?out | remove\ (me|us) | (stop|never|(don't|do\ not))\ (ever\ )?
        (contact|e-?mail|mail|writ|call|bother|send|spam)
      | nicht\ mehr\ (an)?(schreib|mail|kontakt|anruf|ruf) | verteiler | abmeld | abbestell
      | d\u00e9sabonn | d\u00e9sinscri | plus\ (me\ |nous\ )?(contact|\u00e9cri) | \bbaja\b
      | no\ (me|nos)\ (contact|escrib|env|mand) | cancellar?mi | non\ (mi\ )?(contatt|scriv)
      | n\u00e3o\ me\ (contat|escrev|envi) | descadastr | uitschrij | afmeld | avregistrer
      | kontakta\ mig\ inte | wypisa | nie\ (pisa\u0107|dzwoni\u0107|kontaktowa\u0107)
      | \u914d\u4fe1\u505c\u6b62 | \u4e0d\u8981 | spam | gdpr | dsgvo | rgpd | lawyer | anwalt""",
    re.IGNORECASE | re.VERBOSE,
)
# Conditions, questions, negations, reports of what others want: a person must look.
_DOUBT = re.compile(
    r"""\b(if|unless|until|whether|when|before|after|wenn|falls|bis|si|jusqu|hasta|se|at\s+this|on\s+this|at\s+my|on\s+my|at\s+work|by\s+phone
        |he|she|they|colleagues?|sagt|dit|dice)\b
      | \b(not|n't|never|without|no\s+need\s+to|didn't|don't)\b[^.!?\n]{0,40}\b(unsubscrib|opt)
      | \b(reply|answer|type|click|write)\b[^.!?\n]{0,20}\bunsubscribe
      | \b(no|ne|nicht|n\u00e3o|non|niet|inte|nie|kein\w*)\b[^.!?\n]{0,30}
        \b(darme\s+de\s+baja|d\u00e9sabonn|d\u00e9sinscri
        |abmeld|abbestell|cancelar|cancellarmi|uitschrijv|avregistrer|wypis)
      | \b(par\s+t\u00e9l\u00e9phone|por\s+tel\u00e9fono|por\s+telefone
        |telefonisch|per\s+telefon\w*|al\s+telefono
        |telefonicznie|a\s+esta\s+direcci\u00f3n|\u00e0\s+cette\s+adresse|an\s+diese|su\s+questo\s+indirizzo
        |na\s+ten\s+adres|przed|antes|avant|prima|voor|innan|f\u00f6r\s+mig|als|om|om\s+ni|je\u015bli|caso)\b
      | \u3067\u306f\u306a\u304f | \u96fb\u8a71 | \u5834\u5408
      | ["\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d]""",
    re.IGNORECASE | re.VERBOSE,
)
# After the wish, these take part of it back.
_RESERVED = re.compile(r"\b(but|except|only|sondern|aber|nur|pero|sino|ma)\b", re.IGNORECASE)
_GREETING = re.compile(
    r"^(hi|hello|hey|dear|hallo|guten\s+tag|bonjour|hola|ciao|sehr\s+geehrte\w*)\b[^\n,!.]{0,40}[,!.\n]+",
    re.IGNORECASE,
)
_MAX_ALONE = 60
_MAX_NAME = 4  # words of a name below it


def opt_out_words(text: str) -> str | None:
    """Return the words that clearly ask never to be contacted, or None.

    Args:
        text: The person's own words, without quotes; what they quote must not be read as theirs.
    """
    text = text.replace("\u2019", "'").strip()
    bare = _GREETING.sub("", text).strip(" \t\n.!,*-")
    first, _, rest = bare.partition("\n")
    first = first.strip(" \t.!,*-")
    if len(bare) <= _MAX_ALONE and len(rest.split()) <= _MAX_NAME and _ALONE.fullmatch(first):
        return first
    for sentence in re.findall(r"[^.!?\n\u3002]+(?:[.!?\u3002]|\n|$)", text):
        words = " ".join(sentence.strip(" \t\n.!").split())
        if not words.endswith("?") and not _DOUBT.search(words) and _is_clear(words):
            return words[:_MAX_ALONE]
    return None


def may_be_wish(text: str) -> bool:
    """Tell whether the words come near such a wish, so that a person should read them."""
    return _NEAR.search(text.replace("\u2019", "'")) is not None


def _is_clear(words: str) -> bool:
    found = (pattern.search(words) for pattern in _CLEAR)
    return any(wish and not _RESERVED.search(words, wish.end()) for wish in found)
