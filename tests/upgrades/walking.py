"""Runs the real flow and its real segments without Prefect, which only carries them.

A segment is one call of `wake`: it ends when the hand-off sleeps, is over, or a stage failed.
"""

from __future__ import annotations

import importlib
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn
from unittest.mock import patch

from prefect import Task

FLOW = importlib.import_module("flows.hand_off")


class _SleptError(BaseException):
    """What leaves a flow that Prefect suspends."""


def wake(hand_off_id: uuid.UUID) -> None:
    """Run one segment of the flow.

    Raises:
        TransientError: A stage asked for another try; Prefect would try again.
    """
    with _without_prefect():
        try:
            FLOW.hand_off.fn(str(hand_off_id))
        except _SleptError:
            return


@contextmanager
def _without_prefect() -> Iterator[None]:
    def call(task: Task[..., Any], *arguments: Any) -> Any:
        return task.fn(*arguments)

    def suspend(**_: Any) -> NoReturn:
        raise _SleptError

    with ExitStack() as stack:
        for target, instead in (
            ("prefect.Task.__call__", call),
            ("baton.engine.sleeping.suspend_flow_run", suspend),
            ("baton.engine.sleeping.read_flow_run_input", lambda _key: None),
            # What a gate refuses is not in question here; loading Great Expectations takes seconds.
            ("baton.engine.segment.gate", lambda *_: False),
        ):
            stack.enter_context(patch(target, instead))
        yield
