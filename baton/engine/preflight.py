"""What must be right before anything starts."""

from __future__ import annotations

from collections.abc import Callable

from baton.adapters.quality.gate import QualityGates
from baton.errors import RulesError
from baton.messages.rendering import Messages
from baton.rulebook.loading import LoadedAgreement, load_agreement
from baton.settings import Settings


def check_rules(settings: Settings) -> LoadedAgreement:
    """Prove that the rules folder can be used as a whole: agreement, texts and gates.

    Returns:
        The agreement as it stands in the folder; nothing is stored.

    Raises:
        RulesError: Something is missing or wrong; the message names every file and line.
    """
    if not settings.rules.is_dir():
        raise RulesError(
            f"There is no rules folder at {settings.rules}. 'baton init' writes one; "
            "BATON_RULES says where it is."
        )
    problems: list[str] = []
    _collect(problems, Messages(settings.rules / "messages").check)
    _collect(problems, QualityGates(settings.rules / "quality").check_rules)
    try:
        loaded = load_agreement(settings.rules_agreement)
    except RulesError as error:
        raise RulesError("\n".join([str(error), *problems])) from error
    if problems:
        raise RulesError("\n".join(problems))
    return loaded


def _collect(problems: list[str], check: Callable[[], object]) -> None:
    try:
        check()
    except RulesError as error:
        problems.append(str(error))
