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
        r"\b(please|kindly|want\s+to|like\s+to|wish\s+to|just)\s+(be\s+)?unsubscribed?\b(?!\s+\w+\s+who)",
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
    )
)
# Conditions, questions, negations, reports of what others want: a person must look.
_DOUBT = re.compile(
    r"""\b(if|unless|until|whether|when|before|after|wenn|falls|bis|si|jusqu|hasta|se|at\s+this|on\s+this|at\s+my|on\s+my|at\s+work|by\s+phone
        |he|she|they|colleagues?|sagt|dit|dice)\b
      | \b(not|n't|never|without|no\s+need\s+to|didn't|don't)\b[^.!?\n]{0,40}\b(unsubscrib|opt)
      | \b(reply|answer|type|click|write)\b[^.!?\n]{0,20}\bunsubscribe
      | ["\u201c\u201d\u201e\u00ab\u00bb]""",
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
    for sentence in re.findall(r"[^.!?\n]+(?:[.!?]|\n|$)", text):
        words = " ".join(sentence.strip(" \t\n.!").split())
        if not words.endswith("?") and not _DOUBT.search(words) and _is_clear(words):
            return words[:_MAX_ALONE]
    return None


def _is_clear(words: str) -> bool:
    found = (pattern.search(words) for pattern in _CLEAR)
    return any(wish and not _RESERVED.search(words, wish.end()) for wish in found)
