"""A YAML file as plain data that remembers on which line each value stands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from baton.errors import RulesError

Keys = tuple[str | int, ...]

_SCALARS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "value")
}
_MAX_DEPTH = 30


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value stands in the file; lines and columns count from 1.

    Attributes:
        line: The line on which it begins.
        column: The column in which it begins.
        start: Its first character's index in the file's text.
        end: The index after its last.
    """

    line: int
    column: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """A file's content and the places of everything in it, by its keys from the top.

    Attributes:
        path: The file.
        source: Its text.
        content: Its data.
        values: Where each value stands.
        names: Where the key of a value stands; a list's items have none.
    """

    path: Path
    source: str
    content: dict[str, Any]
    values: Mapping[Keys, Mark] = field(repr=False)
    names: Mapping[Keys, Mark] = field(repr=False)

    def mark(self, keys: Keys) -> Mark:
        """Return the place of the key, or the item, or what is nearest around it."""
        for length in range(len(keys), 0, -1):
            found = self.names.get(keys[:length]) or self.values.get(keys[:length])
            if found:
                return found
        return Mark(1, 1, 0, 0)

    def at(self, keys: Keys) -> str:
        """Return `file:line` of the value, then its path as people write it."""
        return f"{self.path}:{self.mark(keys).line}: {written(keys)}"


def written(keys: Keys) -> str:
    """Return keys as `sales_qualified[2].met_when`."""
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text or "the document"


def read_document(path: Path, *, remedy: str) -> Document:
    """Return the file's data with the place of everything in it.

    Args:
        path: A YAML file whose top is a mapping.
        remedy: What to do when it is missing.

    Raises:
        RulesError: It is missing, cannot be read, is not YAML, repeats a key, uses anchors or
            tags, or its top is not a mapping.
    """
    try:
        source = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise RulesError(f"{path} is missing; {remedy}") from error
    except OSError as error:
        raise RulesError(f"{path} cannot be read: {error.strerror}; mend its rights") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise RulesError(f"{path}:{line}: this is not UTF-8; save the file as UTF-8") from error
    reader = _Reader(path)
    return Document(path, source, reader.read(source), reader.values, reader.names)


def _mark(node: yaml.Node) -> Mark:
    start = node.start_mark
    return Mark(start.line + 1, start.column + 1, start.index, node.end_mark.index)


class _Reader:
    """Builds the data by hand, so that every value's place is kept and nothing is executed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.values: dict[Keys, Mark] = {}
        self.names: dict[Keys, Mark] = {}

    def read(self, source: str) -> dict[str, Any]:
        try:
            self._refuse_anchors(source)
            top = yaml.compose(source, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise RulesError(
                f"{self._path}:{line}: this is not YAML: {error.problem or error.context}; "
                "mend the indentation or the quotes there"
            ) from error
        except (yaml.YAMLError, RecursionError) as error:
            raise RulesError(f"{self._path}:1: this is not YAML: {error}") from error
        if not isinstance(top, yaml.MappingNode):
            raise RulesError(f"{self._path}:1: the file must hold keys and values, as title: ...")
        content: dict[str, Any] = self._value(top, ())
        return content

    def _refuse_anchors(self, source: str) -> None:
        for event in yaml.parse(source, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
                raise self._error(
                    event.start_mark,
                    f"'{event.anchor}' is an anchor or a reference to one; write the value out, "
                    "so that what is signed can be read",
                )

    def _error(self, mark: Any, message: str) -> RulesError:
        return RulesError(f"{self._path}:{mark.line + 1}: {message}")

    def _value(self, node: yaml.Node, keys: Keys) -> Any:
        self.values[keys] = _mark(node)
        if len(keys) > _MAX_DEPTH:
            raise self._error(node.start_mark, f"values nest at most {_MAX_DEPTH} deep")
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._mapping(node, keys)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self._value(item, (*keys, n)) for n, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            return self._scalar(node, keys)
        raise self._error(
            node.start_mark, f"{written(keys)}: the tag {node.tag} is not allowed; remove it"
        )

    def _mapping(self, node: yaml.MappingNode, keys: Keys) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(key_node.start_mark, "a key must be a word")
            key: str = key_node.value
            line = key_node.start_mark.line + 1
            if key in found:
                raise self._error(
                    key_node.start_mark,
                    f"{written((*keys, key))} is there twice, first on line {lines[key]}; "
                    "keep one of them",
                )
            lines[key] = line
            self.names[*keys, key] = _mark(key_node)
            found[key] = self._value(value_node, (*keys, key))
        return found

    def _scalar(self, node: yaml.ScalarNode, keys: Keys) -> Any:
        tag = node.tag.rpartition(":")[2]
        if tag in ("timestamp", "value"):
            return node.value
        value = yaml.SafeLoader("").construct_object(node)
        if isinstance(value, float) and not math.isfinite(value):
            raise self._error(node.start_mark, f"{written(keys)} must be a number that ends")
        return value
