"""`baton doctor`: is everything well, and what to do where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from baton.cli.options import AsJson
from baton.cli.output import aside, emit_json, out, table

if TYPE_CHECKING:
    from baton.cli.checks import Check
    from baton.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    relaunch: Annotated[
        bool,
        typer.Option(
            "--relaunch",
            help="First bring every open hand-off's run to where Baton's tables say: after "
            "Prefect lost its database, or went back to an older one. Needs 'baton up'.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check settings, rules, agreement, neighbours, and that no lead slipped; exit 1 if not well.

    Example: baton doctor --json
    """
    relaunched = _relaunch() if relaunch else None
    findings = examine() | ({"relaunched": relaunched} if relaunched else {})
    if as_json:
        emit_json(findings)
    else:
        _show(findings)
    if not findings["ok"]:
        raise typer.Exit(1)


def _relaunch() -> dict[str, int]:
    from baton.engine.relaunching import relaunch  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    with aside().status("Bringing hand-offs on ...") as status:
        return relaunch(
            current(),
            progress=lambda done, of: status.update(f"Bringing hand-offs on: {done:,} of {of:,}"),
        ).as_dict()


def examine() -> dict[str, Any]:
    """Return everything that was found; a check that cannot be made is a fault, not an error."""
    from baton.cli.checks import (  # noqa: PLC0415 (keeps 'baton --help' fast)
        Check,
        check_house,
        check_leads,
        check_rules_folder,
    )
    from baton.cli.neighbours import versions  # noqa: PLC0415
    from baton.errors import BatonError, SettingsError  # noqa: PLC0415
    from baton.runtime import current  # noqa: PLC0415
    from baton.settings import load_settings  # noqa: PLC0415

    findings: dict[str, Any] = {"ok": False, "versions": versions(), "counts": None, "faults": []}
    checks: list[Check] = []
    findings["checks"] = checks
    try:
        settings = load_settings()
        findings["settings"] = shown(settings)
        checks += [Check("settings", True, "can be used"), check_rules_folder(settings)]
    except BatonError as error:
        checks.append(Check("settings", False, str(error)))
        return findings
    try:
        runtime = current()
        checks += check_house(runtime)
        on_leads, findings["counts"], findings["faults"] = check_leads(runtime)
        checks += on_leads
    except SettingsError as error:
        checks.append(Check("settings", False, str(error)))
    except BatonError as error:
        checks.append(Check("database", False, str(error)))
    findings["ok"] = all(one.ok for one in checks)
    return findings


def shown(settings: Settings) -> dict[str, Any]:
    """Return the settings as they may be seen: of a secret only whether it is set."""
    from pydantic import SecretStr  # noqa: PLC0415 (keeps 'baton --help' fast)

    seen: dict[str, Any] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        is_secret = isinstance(value, SecretStr) or (isinstance(value, dict) and bool(value))
        seen[name] = "(set, not shown)" if is_secret else _without_password(value)
    return seen


def _without_password(value: Any) -> Any:
    """Cut the password out of an address such as `imaps://user:password@host`."""
    if not isinstance(value, str) or "://" not in value or "@" not in value:
        return value
    scheme, _, rest = value.partition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}{at}{host}"


def _show(findings: dict[str, Any]) -> None:
    console = out()
    if "relaunched" in findings:
        became = [(name.replace("_", " "), many) for name, many in findings["relaunched"].items()]
        console.print(table("Relaunched", ("hand-offs", "how many"), became))
    console.print(
        table(
            "Checks",
            ("check", "result", "found"),
            ((one.name, "ok" if one.ok else "FAULT", one.says) for one in findings["checks"]),
        )
    )
    if findings["counts"] is not None:
        counts = findings["counts"]
        names = ("imported", "waiting", "in_hand_off", "nurture", "with_ae", "closed")
        rows = [(name.replace("_", " "), getattr(counts, name)) for name in names]
        console.print(
            table("Leads", ("place", "leads"), [*rows, ("quarantined", counts.quarantined)])
        )
    if findings["faults"]:
        console.print(
            table(
                "Faults",
                ("kind", "lead", "hand-off", "what", "since"),
                ((f.kind, f.lead_id, f.hand_off_id, f.what, f.since) for f in findings["faults"]),
            )
        )
    console.print(table("Versions", ("part", "version"), findings["versions"].items()))
    console.print(table("Settings", ("setting", "value"), findings.get("settings", {}).items()))
