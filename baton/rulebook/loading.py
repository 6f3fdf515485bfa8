"""Reads `rules/agreement.yaml`; what is wrong in it is refused with its place and a remedy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from baton.errors import RulesError
from baton.rulebook.agreement import Agreement
from baton.rulebook.checks import findings_of
from baton.rulebook.document import Document, Keys, read_document, written
from baton.rulebook.finding import Finding

REMEDY = "'baton init' writes one to begin with, or point BATON_RULES at your rules folder"


@dataclass(frozen=True, slots=True)
class LoadedAgreement:
    """An agreement that may be stored as a version.

    Attributes:
        agreement: What its content says.
        content: The document as data.
        source: The text it was read from, with its comments.
        content_hash: Hexadecimal SHA-256 of the content's canonical JSON; what is signed (I9).
        document: The places of everything in the file.
    """

    agreement: Agreement
    content: dict[str, Any]
    source: str
    content_hash: str
    document: Document = field(repr=False)

    def warnings(self, findings: Iterable[Finding]) -> list[Warned]:
        """Return findings with their places, in the file's order."""
        ordered = sorted(findings, key=lambda finding: self.document.mark(finding.keys).start)
        return [
            Warned(
                str(self.document.path),
                self.document.mark(finding.keys).line,
                written(finding.keys),
                finding.message,
            )
            for finding in ordered
        ]


@dataclass(frozen=True, slots=True)
class Warned:
    """Something in a file that is allowed and hardly meant.

    Attributes:
        file: The file.
        line: Where, from 1.
        path: The same as keys from the top.
        message: What is odd.
    """

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        """Return `file:line: path: message`."""
        return f"{self.file}:{self.line}: {self.path}: {self.message}"


def hash_of(content: dict[str, Any]) -> str:
    """Return the hexadecimal SHA-256 of the content as JSON with sorted keys and no spaces."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def load_agreement(path: Path) -> LoadedAgreement:
    """Return the agreement in the file, checked in full.

    Raises:
        RulesError: The file is missing, or something in it is wrong; the message has one entry
            for everything found, each with `file:line`, the path, and what would be right.
    """
    document = read_document(path, remedy=REMEDY)
    try:
        agreement = Agreement.model_validate(document.content)
    except ValidationError as error:
        raise RulesError(_told(document, _of_form(error))) from error
    findings = findings_of(agreement)
    if findings:
        raise RulesError(_told(document, findings))
    content_hash = hash_of(document.content)
    return LoadedAgreement(agreement, document.content, document.source, content_hash, document)


def agreement_from_content(content: dict[str, Any]) -> Agreement:
    """Return the agreement of a stored version's content.

    Raises:
        RulesError: This release cannot read it; the message names the paths.
    """
    try:
        agreement = Agreement.model_validate(content)
    except ValidationError as error:
        findings: Sequence[Finding] = _of_form(error)
        raise RulesError(_unreadable(findings)) from error
    findings = findings_of(agreement)
    if findings:
        raise RulesError(_unreadable(findings))
    return agreement


def _unreadable(findings: Sequence[Finding]) -> str:
    lines = [f"  {written(finding.keys)}: {finding.message}" for finding in findings]
    return (
        "This release cannot read the stored agreement version:\n"
        + "\n".join(lines)
        + "\nMend rules/agreement.yaml, have it signed and activate the new version."
    )


def _told(document: Document, findings: Sequence[Finding]) -> str:
    ordered = sorted(findings, key=lambda finding: document.mark(finding.keys).start)
    return "\n".join(_one(document, finding) for finding in ordered)


def _one(document: Document, finding: Finding) -> str:
    if finding.span is None:
        return f"{document.at(finding.keys)}: {finding.message}"
    start, end = _in_source(document, finding.keys, finding.span)
    line = document.source.count("\n", 0, start) + 1
    line_start = document.source.rfind("\n", 0, start) + 1
    row = document.source[line_start:].split("\n", 1)[0]
    column = start - line_start
    length = max(1, min(end - start, len(row) - column))
    indent = len(row) - len(row.lstrip())
    return (
        f"{document.path}:{line}:{column + 1}: {written(finding.keys)}: {finding.message}\n"
        f"    {row[indent:]}\n"
        f"    {' ' * (column - indent)}{'^' * length}"
    )


def _in_source(document: Document, keys: Keys, span: tuple[int, int]) -> tuple[int, int]:
    """Find a part of a value in the file, where it may be folded over lines or quoted.

    The offending word is the n-th of its kind in the value, and so it is in the file.
    """
    mark = document.values[keys]
    value: Any = document.content
    for key in keys:
        value = value[key]
    raw = document.source[mark.start : mark.end]
    words = str(value)[span[0] : span[1]].split()
    word = words[0] if words else ""
    begin = raw.find(str(value).split()[0]) if str(value).split() else 0
    place = max(begin, 0)
    if word:
        for _ in range(str(value)[: span[0]].count(word) + 1):
            found = raw.find(word, place)
            if found < 0:
                break
            begin, place = found, found + 1
    length = span[1] - span[0]
    return mark.start + max(begin, 0), mark.start + max(begin, 0) + length


def _of_form(error: ValidationError) -> list[Finding]:
    return [_finding(item) for item in error.errors(include_url=False)]


def _finding(item: ErrorDetails) -> Finding:
    keys: Keys = tuple(item["loc"])
    last = str(keys[-1]) if keys else ""
    if item["type"] == "extra_forbidden":
        known = _fields(keys[:-1])
        near = get_close_matches(last, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}"
        return Finding(keys, f"'{last}' is not a key here; {hint}")
    if item["type"] == "missing":
        return Finding(keys, "is missing; add it")
    wrong = item["input"]
    found = "" if isinstance(wrong, dict | list) else f", and this is {wrong!r}"
    message = item["msg"].replace("Input should", "this must").replace("String should", "this must")
    return Finding(keys, f"{message}{found}")


def _fields(keys: Keys) -> list[str]:
    """Return the keys that the agreement knows at a place."""
    model: Any = Agreement
    for key in keys:
        if isinstance(key, int):
            continue
        model = _part(model.model_fields[key].annotation)
    return list(model.model_fields)


def _part(annotation: Any) -> Any:
    """Return the model inside `Part`, `tuple[Part, ...]` or `Part | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, Union, UnionType) or get_args(annotation):
        return next(part for part in map(_part, get_args(annotation)) if part is not None)
    return None
