"""What an agreement would have decided: stored history judged again, with nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.domain.verdict import Qualification
from baton.errors import InputError
from baton.rulebook.active import agreement_of
from baton.rulebook.agreement import Agreement
from baton.rulebook.backtest_figures import (
    Accuracy,
    Backtest,
    Change,
    OriginFigures,
    QuotaFigures,
    ReasonFigures,
    Reproduction,
    Totals,
    UnknownFact,
)
from baton.rulebook.kept import gap_between
from baton.rulebook.lead_history import SCORE, LeadHistory, Way
from baton.rulebook.replaying import (
    Period,
    Replayed,
    deciding_ids,
    replayed,
    unknown_facts,
)

MONTH = timedelta(days=365.25 / 12)

_Kind = Literal["newly", "no_longer", "unsettled"]


@dataclass(slots=True)
class _Tally:
    """Everything that is counted while the decisions stream by."""

    decisions: int = 0
    same: int = 0
    differing: list[tuple[int, int]] = field(default_factory=list)
    leads: dict[int, LeadHistory] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    recounted: dict[str, None] = field(default_factory=dict)

    def add(
        self, seen: Replayed, deciding: Agreement, agreement: Agreement, *, must_be_same: bool
    ) -> None:
        self.decisions += 1
        if must_be_same:
            self.same += 1
            if seen.stored != seen.replayed:
                self.differing.append((seen.lead_id, seen.decision_id))
        if seen.lead_id not in self.leads:
            self.leads[seen.lead_id] = LeadHistory(seen.lead_id, seen.origin, seen.was_accepted)
        self.leads[seen.lead_id].add(seen, deciding, agreement)


def backtest(
    session: Session,
    agreement: Agreement,
    *,
    since: datetime | None,
    until: datetime,
    outcome_column: str | None = None,
) -> Backtest:
    """Return what the agreement would have decided, beside what was decided.

    The transaction is read-only from here to its end: nothing can be written, by whatever mistake.

    Args:
        session: Reads stored decisions; leads and touches as history has them.
        agreement: What is judged by; it need not be stored or signed.
        since: Aware UTC instant; None for the first decision ever.
        until: Aware UTC instant, not in the period itself.
        outcome_column: A column of the import that says yes or no to what became of a lead;
            None for the hand-offs' own outcomes.

    Raises:
        InputError: Nothing was decided in the period, or it is empty.
        RulesError: A version that decided was altered, or this release cannot read it.
    """
    session.execute(text("set transaction read only"))
    period = _period(session, since, until)
    tally = _Tally(names=_names(agreement))
    versions = deciding_ids(session, period)
    if not versions:
        raise InputError(
            f"nothing was decided from {period.since:%Y-%m-%d} to {period.until:%Y-%m-%d}; "
            "choose a longer period"
        )
    for deciding_id in versions:
        deciding = agreement_of(session, deciding_id)
        count = tally.decisions
        # Comparing two agreements takes longer than judging a lead.
        must_be_same = deciding == agreement
        for seen in replayed(
            session, deciding_id, agreement, period=period, outcome_column=outcome_column
        ):
            tally.add(seen, deciding, agreement, must_be_same=must_be_same)
        gap = gap_between(deciding, agreement)
        for fact in unknown_facts(gap, agreement):
            tally.unknown[fact] += tally.decisions - count
        tally.recounted |= dict.fromkeys(gap.recounted_keys)
        tally.names = tally.names | {
            reason: name for reason, name in _names(deciding).items() if reason not in tally.names
        }
    return _figures(tally, agreement, period)


def _names(agreement: Agreement) -> dict[str, str]:
    criteria = {criterion.id: criterion.name for criterion in agreement.sales_qualified}
    return criteria | {group.id: group.name for group in agreement.sales_qualified_groups}


def _period(session: Session, since: datetime | None, until: datetime) -> Period:
    if since is None:
        since = session.scalar(
            text("select min(g.at) from judging g where exists (select from judgement j)")
        )
    if since is None:
        raise InputError("nothing has been decided yet; run the hand-offs first, then backtest")
    if since >= until:
        raise InputError(
            f"the period is empty: {since:%Y-%m-%d %H:%M} is not before {until:%Y-%m-%d %H:%M}"
        )
    return Period(since, until)


def _figures(tally: _Tally, agreement: Agreement, period: Period) -> Backtest:
    leads = sorted(tally.leads.values(), key=lambda lead: lead.lead_id)
    changes: dict[_Kind, tuple[Change, ...]] = {
        kind: tuple(_change(lead, kind) for lead in leads if kind_of(lead) == kind)
        for kind in ("newly", "no_longer", "unsettled")
    }
    before = _totals(leads, [lead.before for lead in leads], period)
    now = _totals(leads, [lead.now for lead in leads], period)
    return Backtest(
        title=agreement.title,
        since=period.since,
        until=period.until,
        decisions=tally.decisions,
        leads=len(leads),
        reproduction=Reproduction(
            tally.same, tally.same - len(tally.differing), tuple(tally.differing)
        ),
        before=before,
        now=now,
        quota=_quota(agreement, before, now),
        newly=changes["newly"],
        no_longer=changes["no_longer"],
        unsettled=changes["unsettled"],
        reasons=_reasons(changes, tally.names),
        origins=_origins(leads),
        unknown_facts=tuple(UnknownFact(*item) for item in tally.unknown.items()),
        recounted_facts=tuple(tally.recounted),
    )


def kind_of(lead: LeadHistory) -> _Kind | None:
    """Return how the lead comes out otherwise; None where it qualifies, or not, as before."""
    if lead.before.is_qualified == lead.now.is_qualified:
        return None
    if lead.now.is_qualified:
        return "newly"
    return "unsettled" if lead.now.best is Qualification.NEEDS_ANSWERS else "no_longer"


def _change(lead: LeadHistory, kind: _Kind) -> Change:
    way = lead.now if kind == "newly" else lead.before
    return Change(lead.lead_id, way.first_id, lead.origin, way.reasons)


def _totals(leads: Sequence[LeadHistory], ways: Sequence[Way], period: Period) -> Totals:
    qualified = sum(way.is_qualified for way in ways)
    length = period.until - period.since
    pairs = Counter(
        (way.is_predicted, lead.was_accepted)
        for lead, way in zip(leads, ways, strict=True)
        if lead.was_accepted is not None
    )
    accuracy = Accuracy(
        accepted_qualified=pairs[True, True],
        returned_qualified=pairs[True, False],
        accepted_missed=pairs[False, True],
        returned_avoided=pairs[False, False],
    )
    return Totals(
        qualified,
        round(qualified / (length / MONTH), 1) if length >= timedelta(days=1) else None,
        accuracy,
        accuracy.precision_ratio,
        accuracy.recall_ratio,
    )


def _quota(agreement: Agreement, before: Totals, now: Totals) -> QuotaFigures | None:
    if agreement.quota is None:
        return None
    promised = agreement.quota.sales_qualified_a_month
    before_ratio, now_ratio = (
        None if side.a_month is None else side.a_month / promised for side in (before, now)
    )
    return QuotaFigures(promised, before_ratio, now_ratio)


def _reasons(
    changes: dict[_Kind, tuple[Change, ...]], names: dict[str, str]
) -> tuple[ReasonFigures, ...]:
    counts = {
        kind: Counter(reason for change in found for reason in change.reasons)
        for kind, found in changes.items()
    }
    named = {**names, SCORE: "The score: both floors and the total"}
    return tuple(
        ReasonFigures(
            reason,
            name,
            counts["newly"][reason],
            counts["no_longer"][reason],
            counts["unsettled"][reason],
        )
        for reason, name in named.items()
        if any(count[reason] for count in counts.values())
    )


def _origins(leads: Iterable[LeadHistory]) -> tuple[OriginFigures, ...]:
    grouped: dict[str | None, list[LeadHistory]] = {}
    for lead in leads:
        grouped.setdefault(lead.origin, []).append(lead)
    found = (_origin(origin, members) for origin, members in grouped.items())
    return tuple(sorted(found, key=lambda figures: (-figures.leads, figures.origin or "")))


def _origin(origin: str | None, leads: Sequence[LeadHistory]) -> OriginFigures:
    kinds = Counter(kind_of(lead) for lead in leads)
    return OriginFigures(
        origin=origin,
        leads=len(leads),
        qualified_before=sum(lead.before.is_qualified for lead in leads),
        qualified_now=sum(lead.now.is_qualified for lead in leads),
        newly=kinds["newly"],
        no_longer=kinds["no_longer"],
        unsettled=kinds["unsettled"],
    )
