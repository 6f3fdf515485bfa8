"""Finds names in a text that its message does not have, also where no sample leads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinja2 import meta, nodes

from baton.messages.samples import Variables

_ANYTHING = object()
Scope = dict[str, Any]


def unknown_names(tree: nodes.Template, sample: Variables) -> Iterator[tuple[int, str, list[str]]]:
    """Yield line, name and what would be known there, for each variable that is not declared.

    Args:
        tree: The parsed text.
        sample: The message's sample; its keys, nested ones too, are what is declared.
    """
    for name in sorted(meta.find_undeclared_variables(tree) - set(sample)):
        line = min(node.lineno for node in tree.find_all(nodes.Name) if node.name == name)
        yield line, name, sorted(sample)
    yield from _in(tree, dict(sample))


def _in(node: nodes.Node, scope: Scope) -> Iterator[tuple[int, str, list[str]]]:
    if isinstance(node, nodes.For):
        yield from _in(node.iter, scope)
        inner = scope | _targets(node.target, _element(_shape(node.iter, scope)))
        for child in (*node.body, *([node.test] if node.test else [])):
            yield from _in(child, inner)
        for child in node.else_:
            yield from _in(child, scope)
        return
    if isinstance(node, nodes.Assign):
        scope.update(_targets(node.target, _shape(node.node, scope)))
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        owner, key = _shape(node.node, scope), _key(node)
        if isinstance(owner, dict) and key is not None and key not in owner:
            yield node.lineno, _written(node), sorted(owner)
    for child in node.iter_child_nodes():
        yield from _in(child, scope)


def _shape(node: nodes.Node, scope: Scope) -> Any:
    if isinstance(node, nodes.Name):
        return scope.get(node.name, _ANYTHING)
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        owner, key = _shape(node.node, scope), _key(node)
        return owner.get(key, _ANYTHING) if isinstance(owner, dict) else _ANYTHING
    return _ANYTHING


def _element(shape: Any) -> Any:
    return shape[0] if isinstance(shape, list) and shape else _ANYTHING


def _targets(target: nodes.Node, shape: Any) -> Scope:
    if isinstance(target, nodes.Name):
        return {target.name: shape}
    return {name.name: _ANYTHING for name in target.find_all(nodes.Name)}


def _key(node: nodes.Getattr | nodes.Getitem) -> str | None:
    if isinstance(node, nodes.Getattr):
        return node.attr
    return node.arg.value if isinstance(node.arg, nodes.Const) else None


def _written(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        return f"{_written(node.node)}.{_key(node)}"
    return "..."
