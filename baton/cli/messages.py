"""`baton messages`: the texts that people get, looked at before anybody gets them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baton.cli.options import AsJson
from baton.cli.output import aside, emit, emit_json, out
from baton.errors import InputError

if TYPE_CHECKING:
    from baton.engine.previewing import Preview

group = typer.Typer(
    help="The texts that people get, looked at before anybody gets them.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="messages")


@group.command()
def preview(
    lead: Annotated[
        str | None,
        typer.Option(help="Mail address, external id, or Baton's id; without it, an example."),
    ] = None,
    message: Annotated[
        str, typer.Option(help="Its file in rules/messages, without .j2.")
    ] = "introduction",
    language: Annotated[
        str | None, typer.Option(help="Such as de; without it, the lead's.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the HTML part into this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a message as it would be sent; nothing is sent.

    Example: baton messages preview --lead ada@harbour.example --message invite --html invite.html
    """
    from baton.messages.catalogue import CATALOGUE  # noqa: PLC0415 (keeps 'baton --help' fast)

    if message not in CATALOGUE:
        raise InputError(f"There is no message {message!r}; choose one of {', '.join(CATALOGUE)}.")
    shown = _example(message, language) if lead is None else _of_lead(lead, message, language)
    if html is not None and not CATALOGUE[message].is_mail:
        raise InputError(f"{message!r} stands in calendars and has no HTML part; leave out --html.")
    if html is not None:
        _write(html, shown.rendered.html)
    if as_json:
        emit_json(
            {
                "message": message,
                "language": shown.language,
                "subject": shown.rendered.subject,
                "text": shown.rendered.text,
                "html": shown.rendered.html,
                "examples": shown.examples,
            }
        )
        return
    out().print(
        f"Subject: {shown.rendered.subject}\n\n{shown.rendered.text}", markup=False, soft_wrap=True
    )
    if shown.examples:
        says = f"Not known, so an example stands there: {', '.join(shown.examples)}."
        aside().print(says, markup=False, soft_wrap=True)


def _of_lead(lead: str, message: str, language: str | None) -> Preview:
    from baton.engine import previewing  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415
    from baton.store.histories import find_lead  # noqa: PLC0415

    runtime = current()
    with runtime.transaction() as session:
        lead_id = find_lead(session, lead)
    return previewing.preview(runtime, lead_id, message, language)


def _example(message: str, language: str | None) -> Preview:
    from baton.engine.previewing import Preview  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.messages.catalogue import CATALOGUE  # noqa: PLC0415
    from baton.messages.languages import DEFAULT  # noqa: PLC0415
    from baton.messages.rendering import Messages  # noqa: PLC0415
    from baton.settings import load_settings  # noqa: PLC0415

    sample = CATALOGUE[message].sample
    texts = Messages(load_settings().rules / "messages")
    chosen = language or DEFAULT
    return Preview(texts.render(message, sample, chosen), chosen, sorted(sample))


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}. Choose a folder that you may write to."
        ) from error


@group.command()
def check(as_json: AsJson = False) -> None:
    """Prove that every text can be used: nothing unknown, nothing broken, in each language.

    Example: baton messages check
    """
    from baton.messages.catalogue import CATALOGUE  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.messages.rendering import Messages  # noqa: PLC0415
    from baton.settings import load_settings  # noqa: PLC0415

    texts = Messages(load_settings().rules / "messages")
    texts.check()
    languages = {name: texts.languages(name) for name in CATALOGUE}
    count = sum(len(found) for found in languages.values())
    emit(
        {"messages": languages},
        as_json=as_json,
        says=f"{len(languages)} messages, {count} texts: all can be used.",
    )
