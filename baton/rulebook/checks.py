"""What must hold between the parts of an agreement, beyond the form of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches

from baton.errors import PredicateError
from baton.rulebook.agreement import Agreement, Criterion, Promise, Scoring
from baton.rulebook.document import Keys, written
from baton.rulebook.facts import BUILT_IN, IDEAL_CUSTOMER, SCORES, vocabulary_of
from baton.rulebook.finding import Finding
from baton.rulebook.predicates import compile_predicate
from baton.rulebook.routing_checks import routing_findings
from baton.rulebook.sla_checks import sla_findings
from baton.rulebook.technique_checks import technique_findings


def findings_of(agreement: Agreement) -> list[Finding]:
    """Return everything that is wrong with an agreement whose form is right."""
    checks: tuple[Callable[[Agreement], Iterator[Finding]], ...] = (
        _repeated,
        _company_facts,
        _targets,
        _groups,
        _caps,
        _reach,
        _approval,
        _promises,
        _later_activity,
        _conditions,
        routing_findings,
        sla_findings,
        technique_findings,
    )
    return [finding for check in checks for finding in check(agreement)]


def _repeated(agreement: Agreement) -> Iterator[Finding]:
    scoring = agreement.scoring
    yield from _twice(("scoring", "fit"), "id", (rule.id for rule in scoring.fit))
    yield from _twice(("scoring", "warmth"), "touch", (rule.touch for rule in scoring.warmth))
    yield from _twice(("sales_qualified",), "id", (c.id for c in agreement.sales_qualified))
    yield from _twice(("facts",), "name", (rule.name for rule in agreement.facts))
    yield from _twice(("personas",), "id", (persona.id for persona in agreement.personas))


def _twice(keys: Keys, key: str, names: Iterable[str]) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for place, name in enumerate(names):
        if name in first:
            other = written((*keys, first[name]))
            yield Finding((*keys, place, key), f"'{name}' is {other} already; give it another name")
        first.setdefault(name, place)


def _company_facts(agreement: Agreement) -> Iterator[Finding]:
    taken = {fact.name for fact in (*BUILT_IN, *SCORES, IDEAL_CUSTOMER)}
    for place, rule in enumerate(agreement.facts):
        if rule.name in taken:
            yield Finding(
                ("facts", place, "name"),
                f"'{rule.name}' is a fact that Baton has already; give yours another name",
            )


def _groups(agreement: Agreement) -> Iterator[Finding]:
    criteria = {criterion.id: criterion for criterion in agreement.sales_qualified}
    taken = [*criteria]
    for place, group in enumerate(agreement.sales_qualified_groups):
        keys: Keys = ("sales_qualified_groups", place)
        if group.id in taken:
            yield Finding((*keys, "id"), f"'{group.id}' is taken already; give it another name")
        taken.append(group.id)
        if group.at_least > len(group.of):
            yield Finding(
                (*keys, "at_least"),
                f"{group.at_least} of {len(group.of)} can never be met; lower it or name more",
            )
        for number, member in enumerate(group.of):
            yield from _member((*keys, "of", number), member, criteria, group.of[:number])


def _member(
    keys: Keys, member: str, criteria: dict[str, Criterion], before: tuple[str, ...]
) -> Iterator[Finding]:
    if member not in criteria:
        near = get_close_matches(member, criteria, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(criteria)}"
        yield Finding(keys, f"there is no criterion '{member}'; {hint}")
    elif criteria[member].required:
        yield Finding(
            keys,
            f"'{member}' is required on its own, so the group would settle nothing; write "
            "required: false there, or take it out here",
        )
    if member in before:
        yield Finding(keys, f"'{member}' counts once; remove the repetition")


def _targets(agreement: Agreement) -> Iterator[Finding]:
    ideal = agreement.ideal_customer
    if ideal is None:
        return
    yield from _twice(("ideal_customer", "regions"), "name", (r.name for r in ideal.regions))
    if not any((ideal.industries, ideal.employees, ideal.revenue_usd, ideal.regions)):
        yield Finding(
            ("ideal_customer",),
            "every company would be ideal; give industries, employees, revenue_usd or regions",
        )
    for name, limits in (("employees", ideal.employees), ("revenue_usd", ideal.revenue_usd)):
        keys: Keys = ("ideal_customer", name)
        if limits is None:
            continue
        low, high = limits.at_least, limits.at_most
        if low is None and high is None:
            yield Finding(keys, "give at_least, at_most, or both")
        elif low is not None and high is not None and low > high:
            yield Finding(
                keys, f"at_least {low:.15g} is above at_most {high:.15g}; no company is both"
            )


def _caps(agreement: Agreement) -> Iterator[Finding]:
    for place, rule in enumerate(agreement.scoring.warmth):
        if rule.points * rule.cap < 0 or (rule.cap == 0 and rule.points != 0):
            sign = "below" if rule.points < 0 else "above"
            yield Finding(
                ("scoring", "warmth", place, "cap"),
                f"the cap of {rule.points:g} points must be {sign} 0, and this is {rule.cap:g}",
            )


def _reach(agreement: Agreement) -> Iterator[Finding]:
    """A limit that no lead can ever reach would stop every hand-off in silence."""
    scoring = agreement.scoring
    fit = [rule.points for rule in scoring.fit if rule.points > 0]
    warmth = [rule.cap for rule in scoring.warmth if rule.cap > 0]
    limits = (
        ("fit_floor", sum(fit), f"the fit rules give at most {_sum(fit)}"),
        ("warmth_floor", sum(warmth), f"the warmth caps give at most {_sum(warmth)}"),
        *((name, sum(fit) + sum(warmth), _both(fit, warmth)) for name in ("hand_off_at", "hot_at")),
    )
    for name, most, arithmetic in limits:
        limit = getattr(scoring, name)
        if limit > most:
            yield Finding(
                ("scoring", name),
                f"{limit:g} can never be reached: {arithmetic}; lower it or give more points",
            )
    yield from _order(scoring)


def _order(scoring: Scoring) -> Iterator[Finding]:
    if scoring.hot_at < scoring.hand_off_at:
        yield Finding(
            ("scoring", "hot_at"),
            f"{scoring.hot_at:g} is below hand_off_at, {scoring.hand_off_at:g}; "
            "a hot lead has at least the points of a hand-off",
        )


def _sum(points: list[float]) -> str:
    return f"{' + '.join(f'{p:g}' for p in points) or '0'} = {sum(points):g}"


def _both(fit: list[float], warmth: list[float]) -> str:
    return (
        f"fit gives at most {_sum(fit)}, warmth at most {_sum(warmth)}, "
        f"together {sum(fit) + sum(warmth):g}"
    )


def _approval(agreement: Agreement) -> Iterator[Finding]:
    approval = agreement.approval
    if approval.when == "borderline" and approval.borderline_points == 0:
        yield Finding(
            ("approval",),
            "borderline needs borderline_points: how far above hand_off_at is still borderline",
        )


def _promises(agreement: Agreement) -> Iterator[Finding]:
    for name in type(agreement.promises).model_fields:
        promise: Promise = getattr(agreement.promises, name)
        reminders = promise.remind_after_minutes
        keys: Keys = ("promises", name, "remind_after_minutes")
        if list(reminders) != sorted(set(reminders)):
            yield Finding(keys, "reminders stand in order, each later than the one before")
        if reminders and max(reminders) >= promise.within_minutes:
            yield Finding(
                keys,
                f"a reminder after {max(reminders)} minutes comes too late: the promise ends "
                f"after {promise.within_minutes}",
            )
        yield from _early_escalation(name, promise)
    if agreement.promises.outcome.on_expiry != "escalate":
        yield Finding(
            ("promises", "outcome", "on_expiry"),
            "an outcome is never given up, because no lead goes back without the AE's feedback; "
            "write 'escalate'",
        )


def _early_escalation(name: str, promise: Promise) -> Iterator[Finding]:
    after, keys = promise.escalate_after_minutes, ("promises", name, "escalate_after_minutes")
    if after is None:
        return
    if promise.on_expiry == "escalate":
        yield Finding(keys, "with 'on_expiry: escalate' the manager is told when the promise ends")
    elif after >= promise.within_minutes:
        ends = f"the promise ends after {promise.within_minutes}"
        yield Finding(keys, f"to tell the manager after {after} minutes comes too late: {ends}")
    elif after in promise.remind_after_minutes:
        yield Finding(keys, f"after {after} minutes is a reminder already; choose another time")


def _later_activity(agreement: Agreement) -> Iterator[Finding]:
    later = agreement.later_activity
    if later is None:
        return
    kinds = sorted({rule.touch for rule in agreement.scoring.warmth})
    for key, told in (("at_once", later.at_once), ("daily", later.daily)):
        for place, kind in enumerate(told):
            where = ("later_activity", key, place)
            if kind not in kinds:
                near = get_close_matches(kind, kinds, n=1)
                hint = f"did you mean '{near[0]}'?" if near else f"touches are {', '.join(kinds)}"
                yield Finding(where, f"'{kind}' is no touch that scoring knows; {hint}")
            elif kind in told[:place] or (key == "daily" and kind in later.at_once):
                yield Finding(where, f"'{kind}' is told already; leave it in one of the lists")


def _conditions(agreement: Agreement) -> Iterator[Finding]:
    before = vocabulary_of(agreement, with_scores=False)
    after = vocabulary_of(agreement, with_scores=True)
    conditions: list[tuple[Keys, str, bool]] = [
        *(
            (("scoring", "fit", place, "when"), rule.when, False)
            for place, rule in enumerate(agreement.scoring.fit)
        ),
        (("marketing_qualified", "met_when"), agreement.marketing_qualified.met_when, True),
        *(
            (("sales_qualified", place, "met_when"), criterion.met_when, True)
            for place, criterion in enumerate(agreement.sales_qualified)
        ),
    ]
    for keys, condition, is_scored in conditions:
        try:
            compile_predicate(condition, after if is_scored else before)
        except PredicateError as error:
            yield Finding(keys, str(error), (error.start, error.end))
