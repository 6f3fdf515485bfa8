"""What an evaluation says, in plain sentences that are kept with the decision."""

from __future__ import annotations

from baton.domain.verdict import Evaluation, Qualification, Verdict

_OUTCOMES = {
    Qualification.QUALIFIED: "The lead is sales-qualified.",
    Qualification.NEEDS_ANSWERS: "The score is reached, but open questions must be answered first.",
    Qualification.NOT_QUALIFIED: "The lead is not sales-qualified.",
}
_SHORT = {Verdict.UNMET: "Not met", Verdict.UNKNOWN: "Not known"}


def reasons_of(evaluation: Evaluation) -> list[str]:
    """Return why the evaluation came out as it did: the outcome, the score, what is not met."""
    sentences = [
        _OUTCOMES[evaluation.qualification],
        (
            f"It has {evaluation.total_points:g} points: {evaluation.fit_points:g} for what it is, "
            f"{evaluation.warmth_points:g} for what it did."
        ),
    ]
    sentences += [f"Not met: {criterion.name}." for criterion in evaluation.unmet]
    sentences += [
        f"Not known: {criterion.name}. Ask: {criterion.ask}" for criterion in evaluation.unknown
    ]
    sentences += [
        f"{_SHORT[group.verdict]}: {group.name}; {group.met} of {len(group.of)} are met, and "
        f"{group.at_least} are needed."
        for group in evaluation.groups
        if group.verdict is not Verdict.MET
    ]
    if evaluation.why_now:
        sentences.append(f"Why now: {evaluation.why_now}.")
    return sentences
