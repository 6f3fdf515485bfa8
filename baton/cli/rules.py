"""`baton rules`: what the agreement may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from baton.cli.options import AsJson
from baton.cli.output import emit_json, out, table

if TYPE_CHECKING:
    from baton.rulebook.facts import Fact

group = typer.Typer(
    help="What the agreement may say: facts, and the file's form.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="rules")


@group.command()
def facts(as_json: AsJson = False) -> None:
    """List every fact that a condition may name, with type, unit, meaning and source.

    Example: baton rules facts
    """
    from baton.rulebook.facts import vocabulary_of  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.rulebook.loading import load_agreement  # noqa: PLC0415
    from baton.settings import load_settings  # noqa: PLC0415

    agreement = load_agreement(load_settings().rules_agreement).agreement
    vocabulary = vocabulary_of(agreement, with_scores=True)
    if as_json:
        emit_json(
            {
                "facts": [_data(fact) for fact in vocabulary.facts.values()],
                "touch_kinds": vocabulary.touch_kinds,
                "personas": [{"id": p.id, "name": p.name} for p in agreement.personas],
            }
        )
        return
    out().print(
        table(
            "Facts",
            ("fact", "type", "unit", "meaning", "from", "can be answered"),
            (
                (f.name, f.type, f.unit, f.meaning, f.source, f.answerable)
                for f in vocabulary.facts.values()
            ),
        )
    )
    out().print(
        "touches('kind', days) counts touches; days_since('kind') says how long ago the last "
        f"was. Kinds: {', '.join(vocabulary.touch_kinds)}.",
        markup=False,
    )
    if agreement.personas:
        personas = ", ".join(f"{persona.id} ({persona.name})" for persona in agreement.personas)
        out().print(f"is_persona('id') asks for one of: {personas}.", markup=False)


@group.command()
def schema(as_json: AsJson = False) -> None:
    """Print the JSON schema of agreement.yaml, by which editors complete and check it.

    Example: baton rules schema
    """
    from baton.rulebook.schema import agreement_schema  # noqa: PLC0415 (keeps 'baton --help' fast)

    del as_json  # It is JSON in any case.
    emit_json(agreement_schema())


def _data(fact: Fact) -> dict[str, Any]:
    return {
        "name": fact.name,
        "type": fact.type,
        "unit": fact.unit,
        "meaning": fact.meaning,
        "source": fact.source,
        "answerable": fact.answerable,
    }
