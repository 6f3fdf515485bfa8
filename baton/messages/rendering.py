"""Turns the texts in `rules/messages/` into subject, text and HTML."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinja2 import (
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    pass_context,
)
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from baton.errors import RulesError
from baton.messages.catalogue import CATALOGUE
from baton.messages.filters import day, local
from baton.messages.languages import DEFAULT, is_language
from baton.messages.message import Message
from baton.messages.naming import unknown_names
from baton.messages.samples import Variables
from baton.messages.shaping import shape, sparse

FRAME = "_frame"
_FRAME_SAMPLE: Variables = {"subject": "", "body": "", "language": DEFAULT}
# Told to the filters; no text's variable can have this name.
LANGUAGE = "|language"
# What a mistake in a text can raise while it is rendered.
_RENDERING_ERRORS = (
    UndefinedError,
    SecurityError,
    TemplateRuntimeError,
    TypeError,
    ValueError,
    ArithmeticError,
    RulesError,
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to be put into a mail; the subject is one line.

    The words of a calendar object have no `html`: it is empty.
    """

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Source:
    """One message's text in one language."""

    message: Message
    language: str

    @property
    def file(self) -> str:
        """Its file in the rules folder."""
        suffix = "" if self.language == DEFAULT else f".{self.language}"
        return f"{self.message.name}{suffix}.j2"


class Messages:
    """The texts of one rules folder; every text runs in a sandbox and sees only its variables."""

    def __init__(self, folder: Path) -> None:
        """Read texts from this folder (`rules/messages`)."""
        self._folder = folder
        # HTML is escaped, text is not; so each block is rendered in an environment of its own.
        self._plain = _environment(folder, autoescape=False)
        self._escaped = _environment(folder, autoescape=True)

    def render(self, name: str, variables: Variables, language: str = DEFAULT) -> Rendered:
        """Return the message with these variables; keys that it does not declare are cut off.

        Args:
            name: A name in `CATALOGUE`.
            variables: See `CATALOGUE[name].sample`.
            language: Its text in this language is taken if there is one (`invite.de.j2`).

        Raises:
            RulesError: The file is missing or wrong, or a needed variable is missing.
        """
        message = CATALOGUE.get(name)
        if message is None:
            raise RulesError(f"There is no message '{name}'. Known: {', '.join(CATALOGUE)}.")
        source = Source(message, language)
        if language == DEFAULT or not (self._folder / source.file).is_file():
            source = Source(message, DEFAULT)
        return self._render(source, shape(message, variables))

    def languages(self, name: str) -> list[str]:
        """Return the languages that there is a text of the message in; English comes first.

        Raises:
            RulesError: A file's name is of no message, of none that leads read, or no language.
        """
        return [source.language for source in self._sources() if source.message.name == name]

    def check(self) -> None:
        """Prove that every message can be rendered, with all its variables and with the fewest.

        Raises:
            RulesError: A file is missing, has an error or uses an unknown variable; the message
                names every such file and line.
        """
        problems = list(self._problems())
        if problems:
            raise RulesError("The texts of the messages have errors:\n  " + "\n  ".join(problems))

    def _problems(self) -> Iterator[str]:
        yield from self._problems_of(f"{FRAME}.j2", _FRAME_SAMPLE, None)
        try:
            sources = self._sources()
        except RulesError as error:
            yield str(error)
            sources = [Source(message, DEFAULT) for message in CATALOGUE.values()]
        for source in sources:
            yield from self._problems_of(source.file, source.message.sample, source)

    def _sources(self) -> list[Source]:
        """Return every message's text in English, then those in other languages."""
        found = [Source(message, DEFAULT) for message in CATALOGUE.values()]
        for path in sorted(self._folder.glob("*.*.j2")):
            name, _, language = path.name.removesuffix(".j2").partition(".")
            message = CATALOGUE.get(name)
            if message is None or not message.is_for_lead or not is_language(language):
                leads = ", ".join(m.name for m in CATALOGUE.values() if m.is_for_lead)
                raise RulesError(
                    f"{path}: is used for nothing. A text in another language is named "
                    f"<message>.<language>.j2, like invite.de.j2; there can be one of {leads}."
                )
            found.append(Source(message, language))
        return found

    def _problems_of(self, file: str, sample: Variables, source: Source | None) -> Iterator[str]:
        try:
            self._check_names(file, sample, source.message.blocks if source else ("html",))
            if source is not None:
                self._render(source, source.message.sample)
                self._render(source, sparse(source.message))
        except RulesError as error:
            yield str(error)

    def _check_names(self, file: str, sample: Variables, wanted: tuple[str, ...]) -> None:
        path = self._folder / file
        try:
            source = path.read_text(encoding="utf-8")
            tree = self._plain.parse(source, path.name, str(path))
        except FileNotFoundError as error:
            raise RulesError(f"{path}: is missing; restore it from the default rules.") from error
        except UnicodeDecodeError as error:
            raise RulesError(f"{path}: is not UTF-8; save it as UTF-8.") from error
        except TemplateSyntaxError as error:
            raise RulesError(f"{error.filename or path}:{error.lineno}: {error.message}") from error
        template = _template(self._plain, path)
        for block in wanted:
            if block not in template.blocks:
                raise RulesError(f"{path}: has no block '{block}'; this file needs {wanted}.")
        for line, unknown, known in unknown_names(tree, sample):
            raise RulesError(
                f"{path}:{line}: unknown variable '{unknown}'. Known here: {', '.join(known)}."
            )

    def _render(self, source: Source, variables: Variables) -> Rendered:
        seen = {**variables, LANGUAGE: source.language}
        subject = _one_line(self._block(self._plain, source.file, "subject", seen))
        text = _tidy(self._block(self._plain, source.file, "text", seen))
        if not source.message.is_mail:
            return Rendered(subject, text, "")
        body = Markup(self._block(self._escaped, source.file, "html", seen))  # noqa: S704 (escaped by its environment)
        frame = {"subject": subject, "body": body, "language": source.language}
        html = self._block(self._escaped, f"{FRAME}.j2", "html", frame)
        return Rendered(subject, text, html.strip() + "\n")

    def _block(
        self, environment: ImmutableSandboxedEnvironment, file: str, block: str, variables: Any
    ) -> str:
        path = self._folder / file
        template = _template(environment, path)
        if block not in template.blocks:
            raise RulesError(f"{path}: has no block '{block}'.")
        try:
            return "".join(template.blocks[block](template.new_context(variables)))
        except TemplateNotFound as error:
            raise RulesError(f"{path}: uses {error.name}, which is missing.") from error
        except TemplateSyntaxError as error:  # of a file that it includes
            raise RulesError(f"{error.filename or path}:{error.lineno}: {error.message}") from error
        except _RENDERING_ERRORS as error:
            raise RulesError(f"{path}:{_line_of(error, template)}: {error}") from error


def _template(environment: ImmutableSandboxedEnvironment, path: Path) -> Template:
    try:
        return environment.get_template(path.name)
    except TemplateNotFound as error:
        raise RulesError(f"{path}: is missing; restore it from the default rules.") from error
    except TemplateSyntaxError as error:
        raise RulesError(f"{error.filename or path}:{error.lineno}: {error.message}") from error


def _environment(folder: Path, *, autoescape: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder, encoding="utf-8"),
        undefined=StrictUndefined,
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["local"] = _local
    environment.filters["day"] = _day
    return environment


@pass_context
def _local(context: Context, at: datetime, time_zone: str | None) -> str:
    return local(at, time_zone, context.get(LANGUAGE, DEFAULT))


@pass_context
def _day(context: Context, on: date) -> str:
    return day(on, context.get(LANGUAGE, DEFAULT))


def _line_of(error: BaseException, template: Template) -> int:
    # The frames carry lines of the Python that Jinja made of the template.
    lines = [
        frame.lineno or 0
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == template.filename
    ]
    return template.get_corresponding_lineno(lines[-1]) if lines else 0


def _one_line(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())


def _tidy(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"
