"""Cuts variables to the shape that a message declares."""

from __future__ import annotations

from typing import Any

from baton.errors import RulesError
from baton.messages.message import Message
from baton.messages.samples import Variables


def shape(message: Message, variables: Variables) -> Variables:
    """Return exactly the declared variables; what is not declared does not reach the text.

    Raises:
        RulesError: A key that the message needs is missing or None.
    """
    return _shape_dict(message, message.sample, variables, "")


def sparse(message: Message) -> Variables:
    """Return the sample with every optional key None and every list empty."""
    return _sparse_dict(message, message.sample, "")


def _shape_dict(message: Message, sample: Variables, given: Any, path: str) -> Variables:
    if not isinstance(given, dict):
        raise RulesError(f"Message '{message.name}' needs '{path[:-1]}' as a dict of named values.")
    shaped: Variables = {}
    for key, like in sample.items():
        where = f"{path}{key}"
        value = given.get(key)
        if value is None and where not in message.optional:
            raise RulesError(
                f"Message '{message.name}' needs the variable '{where}', and it is missing. "
                "Pass it, or make it optional in baton/messages/catalogue.py."
            )
        shaped[key] = None if value is None else _shape_value(message, like, value, where)
    return shaped


def _shape_value(message: Message, like: Any, value: Any, where: str) -> Any:
    if isinstance(like, dict):
        return _shape_dict(message, like, value, f"{where}.")
    if isinstance(like, list):
        return [_shape_value(message, like[0], item, where) for item in value]
    return value


def _sparse_dict(message: Message, sample: Variables, path: str) -> Variables:
    thin: Variables = {}
    for key, like in sample.items():
        where = f"{path}{key}"
        if where in message.optional:
            thin[key] = None
        elif isinstance(like, dict):
            thin[key] = _sparse_dict(message, like, f"{where}.")
        else:
            thin[key] = [] if isinstance(like, list) else like
    return thin
