"""Whether the hand-offs of a real funnel ended as its leads did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from baton.demo.funnel import Funnel
from baton.demo.results import RETURNED, TRANSFERRED, result_of
from baton.store.ends import LeadEnd


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A lead whose hand-off ended otherwise than the lead itself."""

    id: str
    ended: str
    was_won: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Leads that were introduced, one by one against the funnel's own outcome."""

    handed_off: int
    agree: int
    disagree: tuple[Disagreement, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "handed_off": self.handed_off,
            "agree": self.agree,
            "disagree": [asdict(each) for each in self.disagree],
        }


def compare(funnel: Funnel, ends: Iterable[LeadEnd]) -> Comparison:
    """Compare every introduced lead: won must be transferred, anything else returned."""
    won = {lead.id: lead.is_won for lead in funnel.leads}
    handed_off = [end for end in ends if end.was_introduced and end.external_id in won]
    disagree = []
    for end in handed_off:
        assert end.external_id is not None
        was_won = won[end.external_id]
        ended = result_of(end)
        if ended != (TRANSFERRED if was_won else RETURNED):
            disagree.append(Disagreement(end.external_id, ended, was_won))
    return Comparison(len(handed_off), len(handed_off) - len(disagree), tuple(disagree))
