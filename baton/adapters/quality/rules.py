"""Reads the gates between the stages from `rules/quality/<stage>.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from baton.adapters.quality.catalogue import KINDS, Kind
from baton.domain.gate_row import GATE_COLUMNS
from baton.errors import RulesError


class OnlyWhen(BaseModel):
    """Which rows a rule looks at: those where `column` is there, is missing, or has a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    column: str
    being: Literal["present", "missing"] | tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One expectation of a gate.

    Attributes:
        file: Where it stands, for messages.
        line: The line of the file, from 1.
        expectation: Native type in snake case.
        columns: The columns it reads.
        arguments: What the expectation is given, its columns among it.
        meaning: Why it is there, for people.
        only_when: Which rows it looks at; None for all.
    """

    file: Path
    line: int
    expectation: str
    columns: tuple[str, ...]
    arguments: dict[str, Any]
    meaning: str
    only_when: OnlyWhen | None

    def error(self, problem: str) -> RulesError:
        """Return an error that names this rule's file and line."""
        return RulesError(f"{self.file}:{self.line}: {problem}")


def read_folder(folder: Path) -> dict[str, tuple[Rule, ...]]:
    """Return the rules of every stage, in the files' order.

    Raises:
        RulesError: The folder is missing, or files in it are wrong: each rule's file, line and
            remedy on a line of its own.
    """
    if not folder.is_dir():
        raise RulesError(
            f"{folder} is not a folder; the gates between the stages stand there, one "
            "<stage>.yaml each. 'baton init' writes them."
        )
    stray = sorted(folder.glob("*.yml"))
    if stray:
        raise RulesError(f"{stray[0]}: a gate's file ends in .yaml; rename it.")
    rules: dict[str, tuple[Rule, ...]] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            rules[path.stem] = read_file(path)
        except RulesError as error:
            problems.append(str(error))
    if problems:
        raise RulesError("\n".join(problems))
    return rules


def read_file(path: Path) -> tuple[Rule, ...]:
    """Return the rules of one stage.

    Raises:
        RulesError: The file cannot be used: file, line and remedy of every wrong rule.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        entries = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RulesError(f"{path}: this is not YAML in UTF-8: {error}") from error
    if not isinstance(entries, list) or not isinstance(node, yaml.SequenceNode):
        raise RulesError(
            f"{path}:1: a gate is a list of expectations, each beginning with '- expect: ...'; "
            "write [] for a gate that lets every lead pass."
        )
    rules: list[Rule] = []
    problems: list[str] = []
    for item, entry in zip(node.value, entries, strict=True):
        try:
            rules.append(_rule(path, item.start_mark.line + 1, entry))
        except RulesError as error:
            problems.append(str(error))
    if problems:
        raise RulesError("\n".join(problems))
    return tuple(rules)


def _rule(path: Path, line: int, entry: Any) -> Rule:
    where = f"{path}:{line}"
    if not isinstance(entry, dict) or not isinstance(entry.get("expect"), str):
        raise RulesError(f"{where}: a rule begins with '- expect: <type of expectation>'.")
    arguments = {str(key): value for key, value in entry.items()}
    expectation = arguments.pop("expect")
    meaning = arguments.pop("meaning", None)
    if not isinstance(meaning, str) or not meaning.strip():
        raise RulesError(f"{where}: add 'meaning: ...': why a lead that fails here is refused.")
    only_when = _only_when(where, arguments.pop("only_when", None))
    kind = _kind(where, expectation)
    _check_names(where, expectation, kind, arguments)
    columns = _columns(where, kind, arguments)
    _check_values(where, kind, arguments)
    return Rule(path, line, expectation, columns, arguments, meaning.strip(), only_when)


def _kind(where: str, expectation: str) -> Kind:
    kind = KINDS.get(expectation)
    if kind is None:
        raise RulesError(
            f"{where}: a gate cannot use {expectation!r}.{_suggest(expectation, KINDS)} "
            f"It knows: {', '.join(sorted(KINDS))}."
        )
    return kind


def _check_names(where: str, expectation: str, kind: Kind, arguments: Mapping[str, Any]) -> None:
    if "mostly" in arguments:
        raise RulesError(
            f"{where}: 'mostly' is not for gates: each lead is judged by itself, and would pass or "
            "fail by its company. Take it out; missing values pass anyway, except where the "
            "expectation is about them."
        )
    known = [*kind.columns, *kind.arguments]
    for name in arguments:
        if name not in known:
            raise RulesError(
                f"{where}: {expectation} has no {name!r}.{_suggest(name, known)} "
                f"It takes: {', '.join([*known, 'only_when', 'meaning'])}."
            )
    for name in (*kind.columns, *kind.required):
        if name not in arguments:
            raise RulesError(f"{where}: {expectation} needs {name!r}; add it.")


def _columns(where: str, kind: Kind, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    named: list[Any] = []
    for argument in kind.columns:
        value = arguments[argument]
        named.extend(value if argument == "column_list" and isinstance(value, list) else [value])
    for column in named:
        _check_column(where, column)
    return tuple(named)


def _check_column(where: str, column: Any) -> None:
    if column not in GATE_COLUMNS:
        raise RulesError(
            f"{where}: there is no column {column!r}.{_suggest(str(column), GATE_COLUMNS)} "
            f"There are: {', '.join(GATE_COLUMNS)}."
        )


def _only_when(where: str, value: Any) -> OnlyWhen | None:
    if value is None:
        return None
    try:
        only_when = OnlyWhen.model_validate(value)
    except ValidationError as error:
        raise RulesError(
            f"{where}: write 'only_when: {{column: <column>, being: present}}', or 'missing', or a "
            "list of values."
        ) from error
    _check_column(where, only_when.column)
    return only_when


def _check_values(where: str, kind: Kind, arguments: Mapping[str, Any]) -> None:
    for name, types in kind.arguments.items():
        value = arguments.get(name)
        if name not in arguments:
            continue
        # YAML's yes/no are bool, which Python counts as a number.
        is_switch = isinstance(value, bool)
        if not isinstance(value, types) or is_switch != (types == (bool,)):
            wanted = " or ".join(kind_of.__name__ for kind_of in types)
            raise RulesError(f"{where}: {name!r} must be {wanted}, not {value!r}.")
        if name == "value_set" and any(isinstance(item, bool) for item in arguments[name]):
            raise RulesError(
                f"{where}: {name!r} holds yes/no; YAML reads NO, ON or Y like that: put quotes "
                "around them."
            )
    for pattern in (arguments.get("regex"), *arguments.get("regex_list", ())):
        _check_pattern(where, pattern)


def _check_pattern(where: str, pattern: Any) -> None:
    if pattern is None:
        return
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        raise RulesError(f"{where}: {pattern!r} is not a regular expression: {error}.") from error


def _suggest(name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
