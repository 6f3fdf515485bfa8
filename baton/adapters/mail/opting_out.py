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
        r"\bi\s+(no\s+longer\s+(wish|want)|(do\s+not|don't)\s+(wish|want)|never\s+want)\s+to\s+(receive\s+(any\s+)?(more\s+)?(of\s+)?(your\s+|these\s+)?(e-?mails?|mails?|messages)|be\s+(contacted|e-?mailed))(\s+by\s+you)?\b",
        r"\bopt\s+(me|us)\s+out\b",
        r"\bi\s+(want|wish|would\s+like)\s+to\s+opt\s+out\b",
        r"\b(kontaktieren|schreiben|mailen)\s+sie\s+(mich|mir|uns)\s+(bitte\s+)?nicht\s+mehr\b",
        r"\b(kontaktieren?|schreibt?|mailt?)\s+(mich|mir|uns)\s+(bitte\s+)?nicht\s+mehr\b",
        r"\b(nehmen|streichen|l\u00f6schen)\s+sie\s+(mich|uns)\s+(bitte\s+)?(aus|von)\s+(ihrem|dem|der|ihrer)\s+(\w+\s+)?(verteiler|liste)\b",
        r"\bkeine\s+(weiteren\s+)?(e-?mails?|mails?|nachrichten)\s+mehr\b",
        r"\b(ich|wir)\s+(m\u00f6chten?|wollen|will)\s+(bitte\s+)?(keine\s+weiteren\s+(e-?mails?|mails?|nachrichten)|nicht\s+mehr\s+(kontaktiert|angeschrieben)\s+werden)\b",
        r"\bkeine\s+weiteren\s+(e-?mails?|mails?|nachrichten)$",
        r"\bh\u00f6ren\s+sie\s+(bitte\s+)?auf,?\s+(mir|uns)\s+(zu\s+(schreiben|mailen)|(e-?mails?|mails?|nachrichten)\s+zu\s+(schreiben|schicken|senden))\b",
        r"\bne\s+plus\s+(m'|nous\s)(envoyer\s+(de\s+|d'|vos\s+)(mails?|e-?mails?|courriels?|messages)|\u00e9crire)\b",
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
        r"\btragen\s+sie\s+(mich|uns)\s+(bitte\s+)?aus(\s+(ihrem|dem)\s+verteiler\s+aus)?\b",
        r"\b(senden|schicken)\s+sie\s+(mir|uns)\s+(bitte\s+)?keine\s+(weiteren\s+)?(e-?mails?|mails?|nachrichten)\b",
        r"\blassen\s+sie\s+(mich|uns)\s+(bitte\s+)?in\s+ruhe\b",
        r"\b(merci\s+de|veuillez|je\s+(souhaite|veux|voudrais))\s+(me|nous)\s+(d\u00e9sinscrire|d\u00e9sabonner)\b",
        r"\b(arr\u00eatez|cessez)\s+de\s+(m['\u2019]|nous\s)(\u00e9crire|contacter|envoyer\s+des\s+(mails|emails))\b",
        r"\bquiero\s+darme\s+de\s+baja\b|\bdejen?\s+de\s+(escribirme|contactarme|enviarme\s+(correos|e-?mails))\b",
        r"\b(smettetela|smettete|smetta)\s+di\s+(scrivermi|contattarmi)\b",
        r"\bvoglio\s+essere\s+(cancellat[oa]|rimoss[oa])\s+dalla\b",
        r"\bpare[m]?\s+de\s+(me\s+)?(enviar|escrever|contactar|contatar)(\s+(e-?mails|mensagens))?\b",
        r"\b(graag|gelieve\s+mij)\s+uit(\s+te)?\s?schrijven\b",
        r"\bsluta\s+(mejla|maila|kontakta|skriva\s+till)\s+(mig|oss)\b",
        r"\bjag\s+vill\s+inte\s+(ha|f\u00e5)\s+(fler|mer)\s+(mejl|mail|e-post|utskick)\b",
        r"\bnie\s+\u017cycz\u0119\s+sobie\s+(wi\u0119cej|dalszych)\s+(wiadomo\u015bci|maili|kontaktu)\b",
        r"\bprosz\u0119\s+o\s+(usuni\u0119cie|wypisanie)\s+(mnie\s+)?z\s+(bazy|listy)\b",
        r"\bne\s+(plus|jamais)\s+(me|nous)\s+(contacter|recontacter|\u00e9crire|solliciter)\b",
        r"\bne\s+(m|nous\s)['\u2019]?\s?(\u00e9crivez|envoyez|appelez|contactez)\s+(plus|jamais)\b",
        r"\b(me|nous)\s+(retirer|supprimer|d\u00e9sinscrire|d\u00e9sabonner)\s+de\s+(votre|vos|la|cette|toutes)\b",
        r"\bje\s+ne\s+(veux|souhaite)\s+plus\s+(recevoir\s+(de|d'|vos|aucun)(?=\W)\s*(mails?|e-?mails?|courriels?|messages?|communications?)|\u00eatre\s+(re)?contact\u00e9e?s?)\b",
        r"\bno\s+(quiero|deseo|queremos|deseamos)\s+recibir\s+(m\u00e1s|otros)\s+(correos?|e-?mails?|mensajes?)(\s+suyos)?\b",
        r"\bno\s+(me|nos)\s+(env\u00ede|env\u00eden|mande|manden)\s+(m\u00e1s\s+)?(correos?|e-?mails?|mensajes?)\b",
        r"\bno\s+(me|nos)\s+(vuelva|vuelvan)\s+a\s+(contactar|escribir)\b",
        r"\b(elim\u00ednenme|qu\u00edtenme|s\u00e1quenme|b\u00f3rrenme)\s+de\s+(su|la|esta)\b",
        r"\b(cancellarmi|rimuovermi|togliermi|cancellatemi|rimuovetemi|toglietemi)\s+(dalla|dalle|da)\b",
        r"\bnon\s+(desidero|voglio|vogliamo)\s+(pi\u00f9\s+ricevere|ricevere\s+(pi\u00f9|altr[ei]))\s+(e-?mail|messaggi|vostre\s+(e-?mail|comunicazioni))\b|\bnon\s+(desidero|voglio|vogliamo)\s+(pi\u00f9\s+)?essere\s+(pi\u00f9\s+)?contattat[oaie]\b",
        r"\bnon\s+(mi|ci)\s+(contatti|contattate|scriva|scrivete|mandate|mandi)\s+pi\u00f9\b",
        r"\b(removam|retirem|tirem|excluam|remova|retire|tire|exclua)-(me|nos)\s+d[aeo]s?\b",
        r"\bn\u00e3o\s+(quero|desejo)\s+(mais\s+(receber\s+(e-?mails|mensagens)|ser\s+contactad[oa])|receber\s+mais\s+(e-?mails|mensagens))\b",
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
    )
)
# What comes near: whoever answers for the lead should read it, nobody should guess.
_NEAR = re.compile(
    r"""unsubscrib | opt(ing)?[- ]?out | opt\ (me|us)\ out | remove\ (me|us)
      | (stop|never|(don't|do\ not))\ (ever\ )?(contact|e-?mail|mail|writ|call|bother|send|spam)
      | nicht\ mehr\ (an)?(schreib|mail|kontakt|anruf|ruf) | verteiler | abmeld | abbestell
      | d\u00e9sabonn | d\u00e9sinscri | plus\ (me\ |nous\ )?(contact|\u00e9cri) | \bbaja\b
      | no\ (me|nos)\ (contact|escrib|env|mand) | cancellar?mi | non\ (mi\ )?(contatt|scriv)
      | n\u00e3o\ me\ (contat|escrev|envi) | descadastr | uitschrij | afmeld | avregistrer
      | no\ longer\ (wish|want) | (don't|do\ not)\ (wish|want)\ to\ (receive|be\ contacted)
      | (off|from)\ (your|this)\ ([\w-]+\ ){0,2}(list|database)
      | keine\ (weiteren\ )?(e-?)?mails | nie\ wieder
      | h\u00f6ren\ sie | l\u00f6schen\ sie | recibir\ m\u00e1s | ricevere | receber | recevoir
      | kontakta\ mig\ inte | wypisa | nie\ (pisa\u0107|dzwoni\u0107|kontaktowa\u0107)
      | (meine|my|mes|mis|miei|meus)\ (daten|data|donn\u00e9es|datos|dati|dados) | in\ ruhe | sluta
      | smett | dejen? | arr\u00eatez | cessez | parem | usuni\u0119ci | \u017cycz\u0119\ sobie
      | \u89e3\u9664 | \u914d\u4fe1\u505c\u6b62 | \u4e0d\u8981
      | spam | gdpr | dsgvo | rgpd | lawyer | anwalt""",
    re.IGNORECASE | re.VERBOSE,
)
# Conditions, questions, negations, reports of what others want: a person must look.
_DOUBT = re.compile(
    r"""\b(if|unless|until|whether|when|before|after|wenn|falls|bis|si|jusqu|hasta|se|at\s+this|on\s+this|at\s+my|on\s+my|at\s+work|by\s+phone
        |he|she|they|colleagues?|sagt|dit|dice)\b
      | \b(not(?!\s+interested)|n't|never|without|no\s+need\s+to|didn't|don't)\b
        [^.!?\n]{0,40}\b(unsubscrib|opt)
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
# After the wish nothing else may follow: a day, a place or a person would narrow it.
_TAIL = frozenset(
    word
    for line in (
        "again anymore any more further ever never please thanks thank you in the future from",
        "all by of this these your our my communications list lists mailing mailings database",
        "databases distribution newsletter newsletters emails email e mails mail messages and",
        "immediately now kind best regards bitte danke vielen dank mehr von ihnen euch",
        "erhalten bekommen haben verteiler liste datenbank adressliste nie wieder merci svp",
        "s'il vous pla\u00eet de la le votre vos diffusion base donn\u00e9es fichier contacts",
        "courriels plus jamais gracias por favor m\u00e1s nunca lista datos su correos correo",
        "mensajes grazie da voi pi\u00f9 vostra vostre sua altre altri messaggi comunicazioni",
        "per favore cortesemente obrigado obrigada mais vossa mensagens bedankt alstublieft",
        "alsjeblieft a u b aub op met mij meer lijst mailinglijst bestand nooit uw tack",
        "s\u00e4ndlista igen mer register utskick er tak takk mailingliste mere jeres",
        "dzi\u0119kuj\u0119 z listy bazy mailingowej wi\u0119cej ju\u017c d\u011bkuji ze",
        "seznamu datab\u00e1ze",
    )
    for word in line.split()
)
# Whole sentences: "no more contact from now on", "please stop sending", "do not send mail".
_NOW_ON = (
    "\u4eca\u5f8c(\u4e00\u5207)?[\u306e\u306f\u3001]?|\u3082\u3046|\u3053\u308c\u4ee5\u4e0a\u306e?|"
    "\u4ee5\u5f8c[\u306e\u306f\u3001]?"
)
_PLEASE = "(\u304f\u3060\u3055\u3044|\u4e0b\u3055\u3044)"
_JAPANESE = re.compile(
    f"({_NOW_ON})(\u3054?\u9023\u7d61|\u30e1\u30fc\u30eb)[\u306f\u3092]?"
    f"(\u4e0d\u8981\u3067\u3059|(\u9001\u3089|\u3057)\u306a\u3044\u3067{_PLEASE}|\u304a\u6b62\u3081{_PLEASE})"
    "|(\u30e1\u30fc\u30eb(\u306e)?)?\u914d\u4fe1(\u306e)?\u505c\u6b62"
    "(\u3092(\u5e0c\u671b\u3057\u307e\u3059|\u304a\u9858\u3044(\u3057\u307e\u3059|\u3044\u305f\u3057\u307e\u3059))"
    f"|\u3057\u3066{_PLEASE})?"
    f"|(\u4eca\u5f8c)?\u30e1\u30fc\u30eb\u3092\u9001\u3089\u306a\u3044\u3067{_PLEASE}"
)
# What says why, or asks for more of the same, takes nothing back.
_REASON = re.compile(
    r"""[\s,;\u2013-]*(and|as|because|since|und|weil|et|car|y|porque|e|perch\u00e9)?\s*(
        (we|i)('m|'re|\s+am|\s+are)\s+(not|no\s+longer)\s+interested
      | (we|i)\s+(have\s+)?never\s+(asked\s+for|subscribed\s+to|signed\s+up\s+(for|to))
        \s+(this|these|it|any\s+of\s+this)
      | (please\s+)?(delete|remove|erase)\s+(all\s+)?(of\s+)?my\s+(personal\s+)?(data|details)
      | (no|kein)\s+interes(t|se) | (wir\s+haben|ich\s+habe)\s+kein\s+interesse
      | (bitte\s+)?l\u00f6schen\s+sie\s+(alle\s+)?meine\s+daten
      | (je\s+ne\s+suis|nous\s+ne\s+sommes)\s+pas\s+int\u00e9ress\u00e9e?s? | no\s+me\s+interesa
    )[\s,;]*(please|thanks|thank\s+you|danke|merci|gracias)?""",
    re.IGNORECASE | re.VERBOSE,
)
# "Could you remove me?" asks for it; it does not ask whether.
_ASKED = re.compile(
    r"^(please\s+)?(can|could|would|will)\s+you\s+(please\s+|kindly\s+)?"
    r"(remove|delete|take|unsubscribe|stop|opt)\b",
    re.IGNORECASE,
)
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
        wish = words.rstrip("? ") if _ASKED.match(words) else words
        if not wish.endswith("?") and not _DOUBT.search(wish) and _is_clear(wish):
            return words[:_MAX_ALONE]
    return None


def may_be_wish(text: str) -> bool:
    """Tell whether the words come near such a wish, so that a person should read them."""
    return _NEAR.search(text.replace("\u2019", "'")) is not None


def _is_clear(words: str) -> bool:
    if _JAPANESE.fullmatch(words.rstrip("\u3002")):
        return True
    found = (pattern.search(words) for pattern in _CLEAR)
    return any(wish and _is_all(words[wish.end() :]) for wish in found)


def _is_all(rest: str) -> bool:
    """Tell whether nothing follows the wish that could narrow it."""
    if _REASON.fullmatch(rest):
        return True
    return all(word in _TAIL for word in re.split(r"[\s,;:.\u2013-]+", rest.lower()) if word)
