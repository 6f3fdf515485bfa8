"""What must hold within the agreement's section `techniques`, beyond the form of its parts."""

from __future__ import annotations

from collections.abc import Iterator

from baton.domain.technique import Technique
from baton.errors import PredicateError
from baton.rulebook.agreement import Agreement
from baton.rulebook.document import Keys
from baton.rulebook.finding import Finding
from baton.rulebook.predicates import Predicate, compile_predicate
from baton.rulebook.technique_rules import technique_vocabulary

TOP: Keys = ("techniques", "rules")


def technique_findings(agreement: Agreement) -> Iterator[Finding]:
    """Yield everything that is wrong with the rules, if there are any."""
    vocabulary = technique_vocabulary(agreement)
    for place, rule in enumerate(agreement.techniques.rules):
        keys: Keys = (*TOP, place)
        try:
            predicate = compile_predicate(rule.when, vocabulary)
        except PredicateError as error:
            yield Finding((*keys, "when"), str(error), (error.start, error.end))
            continue
        if rule.technique is Technique.WARM_TRANSFER and not _asks_for_a_rep(predicate):
            yield Finding(
                (*keys, "when"),
                "a lead is transferred only to a rep who is surely free (D2); write "
                f"'rep_free_now and ({rule.when})'",
            )


def _asks_for_a_rep(predicate: Predicate) -> bool:
    return any(column.key == "rep_free_now" for column in predicate.reads)
