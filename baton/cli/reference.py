"""`baton reference` (hidden): writes the generated pages of docs/ from the program itself."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import typer

from baton.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = """\
# Command line

Every command takes `--json` where it has a result, and `--help`. This page is written by
`baton reference`; a test checks that it is current.

| exit code | kind of error |
|---|---|
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(hidden=True)(reference)


def reference(
    folder: Annotated[Path, typer.Argument(help="The docs folder.")] = Path("docs"),
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail if a page is not current.")
    ] = False,
) -> None:
    """Write the reference of commands, API and agreement into the docs folder.

    Example: baton reference docs
    """
    for name, content in pages().items():
        path = folder / name
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != content:
            raise PermanentError(f"{path} is not current; run 'baton reference {folder}'.")


def pages() -> dict[str, str]:
    """Return the generated pages by file name."""
    from baton.desk.app import describe  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.rulebook.schema import agreement_schema  # noqa: PLC0415

    return {
        "cli.md": command_line_page(),
        "openapi.json": _document(describe(), sort_keys=True),
        "agreement.schema.json": _document(agreement_schema(), sort_keys=False),
        **message_pages(),
    }


def message_pages() -> dict[str, str]:
    """Return each mail's HTML with the catalogue's example, in every language, by file name."""
    from baton.messages.catalogue import CATALOGUE  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.messages.rendering import Messages, Source  # noqa: PLC0415
    from baton.packaged import default_rules  # noqa: PLC0415

    texts = Messages(default_rules() / "messages")
    sources = [
        Source(m, language)
        for m in CATALOGUE.values()
        if m.is_mail
        for language in texts.languages(m.name)
    ]
    return {
        f"messages/{source.file.removesuffix('.j2')}.html": texts.render(
            source.message.name, source.message.sample, source.language
        ).html
        for source in sources
    }


def _document(data: dict[str, Any], *, sort_keys: bool) -> str:
    return json.dumps(data, indent=2, sort_keys=sort_keys, ensure_ascii=False) + "\n"


def command_line_page() -> str:
    """Return docs/cli.md."""
    from baton.cli.main import app  # noqa: PLC0415 (it imports this module)

    command = typer.main.get_command(app)
    sections = "\n".join(_sections(command, "baton"))
    return HEAD + _exit_codes() + "\n" + sections


def _exit_codes() -> str:
    from baton import errors  # noqa: PLC0415 (only this page lists them)

    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.BatonError)
    ]
    rows = [
        "| 0 | none |",
        "| 1 | `baton doctor` found something wrong, or a fault of the program |",
        "| 2 | a wrong option or argument |",
    ]
    seen = {errors.BatonError.exit_code}
    for kind in kinds:
        if kind.exit_code not in seen:
            seen.add(kind.exit_code)
            meaning = (kind.__doc__ or "").split("\n")[0]
            rows.append(f"| {kind.exit_code} | `{kind.__name__}`: {meaning} |")
    return "\n".join(rows) + "\n"


def _sections(command: Any, name: str) -> Iterator[str]:
    """Yield the section of a command and those of its sub-commands, in their order."""
    children = getattr(command, "commands", {})
    if not children or getattr(command, "invoke_without_command", False):
        yield _section(command, name)
    for child_name, child in children.items():
        if not child.hidden:
            yield from _sections(child, f"{name} {child_name}")


def _section(command: Any, name: str) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    usage = " ".join([name, *(_argument(p) for p in arguments), *(["[OPTIONS]"] * bool(options))])
    says, _, example = (command.help or "").partition("Example:")
    lines = [f"## {name}", "", says.strip(), "", f"    {usage}", ""]
    if example:
        lines += ["Example:", "", f"    {' '.join(example.split())}", ""]
    rows = [(f"`{_argument(p)}`", p.help) for p in arguments]
    rows += [(f"`{_option(p)}`", p.help) for p in options]
    if rows:
        lines += ["| | |", "|---|---|", *(f"| {left} | {right or ''} |" for left, right in rows)]
        lines.append("")
    return "\n".join(lines)


def _argument(parameter: Any) -> str:
    written = str(parameter.metavar or parameter.name.upper())
    return written if parameter.required or written.startswith("[") else f"[{written}]"


def _option(parameter: Any) -> str:
    names = ", ".join(parameter.opts + parameter.secondary_opts)
    if parameter.is_flag:
        return names
    needed = " (required)" if parameter.required else ""
    return f"{names} {parameter.metavar or _values(parameter.type_descriptor.annotation)}{needed}"


def _values(annotation: Any) -> str:
    """Return what an option takes: its choices, or the kind of value."""
    if get_origin(annotation) is Literal:
        return "/".join(str(choice) for choice in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "/".join(str(choice.value) for choice in annotation)
    return {str: "TEXT", int: "NUMBER"}.get(annotation, "VALUE")
