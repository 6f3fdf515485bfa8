"""`baton agreement`: check it, sign it, let it decide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baton.cli import backtest
from baton.cli.options import AsJson
from baton.cli.output import aside, emit, emit_json, out, table
from baton.domain.rep import Team

if TYPE_CHECKING:
    from baton.rulebook.agreement import Agreement
    from baton.rulebook.finding import Finding
    from baton.rulebook.loading import LoadedAgreement
    from baton.runtime import Runtime
    from baton.settings import Settings

group = typer.Typer(
    help="The agreement of marketing and sales: check, sign, activate, list, show, diff, backtest.",
    no_args_is_help=True,
)
Version = Annotated[
    int | None, typer.Argument(metavar="[VERSION]", help="Its number in 'baton agreement list'.")
]
Either = typer.Argument(help="A stored version's number, or a file.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    backtest.register(group)
    app.add_typer(group, name="agreement")


@group.command()
def check(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="An agreement; else the whole rules folder."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the agreement, with the texts and the gates beside it; nothing is stored.

    What is allowed and hardly meant is a warning. If there is a database with leads, so is a
    condition that is true, or unknown, of all of them.

    Example: baton agreement check rules/agreement.yaml
    """
    from baton.engine.preflight import check_rules  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.rulebook.doubts import doubts_of  # noqa: PLC0415
    from baton.rulebook.loading import load_agreement  # noqa: PLC0415
    from baton.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    loaded = load_agreement(file) if file is not None else check_rules(settings)
    warnings = loaded.warnings(doubts_of(loaded.agreement) + _doubts_on_data(loaded, settings))
    if not as_json:
        for warned in warnings:
            aside().print(f"warning: {warned}", markup=False, soft_wrap=True)
    criteria = len(loaded.agreement.sales_qualified)
    emit(
        {
            "title": loaded.agreement.title,
            "content_hash": loaded.content_hash,
            "criteria": criteria,
            "warnings": warnings,
        },
        as_json=as_json,
        says=f"{loaded.agreement.title}: can be signed ({criteria} criteria, content hash "
        f"{loaded.content_hash[:12]}).",
    )


def _doubts_on_data(loaded: LoadedAgreement, settings: Settings) -> list[Finding]:
    """Return what the leads say, if there are any; no database is made for it."""
    from baton.errors import DatabaseUnavailableError  # noqa: PLC0415 (as above)
    from baton.rulebook.on_data import doubts_on_data  # noqa: PLC0415
    from baton.rulebook.reps_on_data import rep_doubts_on_data  # noqa: PLC0415
    from baton.rulebook.routing_on_data import routing_doubts_on_data  # noqa: PLC0415
    from baton.rulebook.sla_on_data import sla_doubts_on_data  # noqa: PLC0415
    from baton.runtime import current, has_database  # noqa: PLC0415

    if not has_database(settings):
        return []
    try:
        runtime = current()
        with runtime.transaction() as session:
            now = runtime.clock.now()
            return [
                *doubts_on_data(session, loaded.agreement, as_of=now),
                *rep_doubts_on_data(session, loaded.agreement, as_of=now),
                *routing_doubts_on_data(session, loaded.agreement, as_of=now),
                *sla_doubts_on_data(session, loaded.agreement, as_of=now),
            ]
    except DatabaseUnavailableError as error:
        aside().print(f"Not checked against the leads: {error}", markup=False, soft_wrap=True)
        return []


@group.command()
def sign(
    team: Annotated[Team, typer.Option("--team", help="The team that signs.")],
    name: Annotated[str, typer.Option("--name", help="Who signs for it.")],
    version: Version = None,
    as_json: AsJson = False,
) -> None:
    """Put a team's signature under an agreement; it covers the content, word by word.

    Example: baton agreement sign --team marketing --name "Mo Reyes"
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store import agreements  # noqa: PLC0415

    runtime = current()
    number = version if version is not None else store_present(runtime)
    with runtime.transaction() as session:
        is_new = agreements.sign(session, number, team=team, name=name, at=runtime.clock.now())
    says = "signed now" if is_new else "had been signed before; that signature stands"
    emit(
        {"version": number, "team": team, "is_new": is_new},
        as_json=as_json,
        says=f"Version {number}, {team.value}: {says}.",
    )


@group.command()
def activate(
    version: Version = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who activates it.")] = (
        "command line"
    ),
    as_json: AsJson = False,
) -> None:
    """Let a version that both teams signed decide from now on.

    Example: baton agreement activate --by "Rosa Lind"
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store import agreements  # noqa: PLC0415

    runtime = current()
    number = version if version is not None else store_present(runtime)
    with runtime.transaction() as session:
        agreements.activate(session, number, by=by, at=runtime.clock.now())
    emit(
        {"version": number, "is_active": True},
        as_json=as_json,
        says=f"Version {number} decides from now on; hand-offs under way stay on theirs.",
    )


@group.command("list")
def list_versions(as_json: AsJson = False) -> None:
    """List all versions, the newest first, with their signatures.

    Example: baton agreement list
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.agreements import versions  # noqa: PLC0415

    with current().transaction() as session:
        found = versions(session)
    if as_json:
        emit_json({"versions": found})
        return
    out().print(
        table(
            f"{len(found)} versions",
            ("version", "title", "hash", "signed by", "decides since", "active"),
            (
                (
                    one.id,
                    one.title,
                    one.content_hash[:12],
                    ", ".join(f"{s.team.value}: {s.name}" for s in one.signatures),
                    one.activated_at,
                    one.is_active,
                )
                for one in found
            ),
        )
    )


@group.command()
def show(version: Version = None, as_json: AsJson = False) -> None:
    """Show a version as it was stored; without a number, the active one.

    Example: baton agreement show 2
    """
    import yaml  # noqa: PLC0415 (only here)

    from baton.rulebook.active import active_agreement  # noqa: PLC0415
    from baton.runtime import current  # noqa: PLC0415
    from baton.store import agreements  # noqa: PLC0415

    with current().transaction() as session:
        number = version if version is not None else active_agreement(session)[0]
        stored = agreements.version(session, number)
    text = yaml.safe_dump(stored.content, sort_keys=False, allow_unicode=True)
    emit(stored, as_json=as_json, says=f"# version {stored.id}, {stored.content_hash}\n{text}")


@group.command()
def diff(
    before: Annotated[str, Either], after: Annotated[str, Either], as_json: AsJson = False
) -> None:
    """Say what AFTER promises otherwise than BEFORE: criteria, points, limits and promises.

    Example: baton agreement diff 2 rules/agreement.yaml
    """
    from baton.rulebook.differing import differences  # noqa: PLC0415 (keeps 'baton --help' fast)

    found = differences(agreement_in(before), agreement_in(after))
    if as_json:
        emit_json({"before": before, "after": after, "changes": found})
        return
    out().print(
        table(
            f"{len(found)} changes from {before} to {after}" if found else "Changes",
            ("part", "what", "name", "changes"),
            ((one.section, one.kind, one.name, one.says) for one in found),
        )
    )


def agreement_in(reference: str) -> Agreement:
    """Return the agreement of a stored version, or of a file.

    Raises:
        NotFoundError: There is no version of that number.
        RulesError: The file is missing or wrong, or the version was altered.
    """
    from baton.rulebook.active import agreement_of  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.rulebook.loading import load_agreement  # noqa: PLC0415
    from baton.runtime import current  # noqa: PLC0415

    if not (reference.isascii() and reference.isdecimal()):
        return load_agreement(Path(reference)).agreement
    with current().transaction() as session:
        return agreement_of(session, int(reference))


def store_present(runtime: Runtime) -> int:
    """Keep the rules folder's agreement as a version and return its number.

    Raises:
        RulesError: The rules folder cannot be used.
    """
    from baton.engine.preflight import check_rules  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.agreements import store_version  # noqa: PLC0415

    loaded: LoadedAgreement = check_rules(runtime.settings)
    with runtime.transaction() as session:
        return store_version(
            session,
            title=loaded.agreement.title,
            content=loaded.content,
            source=loaded.source,
            content_hash=loaded.content_hash,
            at=runtime.clock.now(),
        )
