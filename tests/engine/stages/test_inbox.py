"""Reading the inbox says up to when everything has been read, and not more (I6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from baton import runtime as composition
from baton.adapters.mail.port import ReceivedMail
from baton.engine import effects
from baton.engine.stage import Finished
from baton.errors import InDoubtError
from baton.store.effects import tracking_copy_came
from baton.testing.mail_fakes import FakeMailbox
from tasks.introduce import introduce
from tests.engine.ageing import pass_doubts
from tests.engine.worlds import World


class SlowMailbox(FakeMailbox):
    """While it is read, so much time passes that a copy which is not there is not coming."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def fetch(self) -> Iterator[ReceivedMail]:
        yield from super().fetch()
        pass_doubts(self._world.runtime, self._world.runtime.settings.mail_copy_seconds)


def test_a_copy_that_comes_while_the_inbox_is_read_is_not_taken_for_lost(world: World) -> None:
    hand_off_id = world.start()
    world.transport.fail_next(InDoubtError("the answer was lost"))
    with pytest.raises(InDoubtError):
        world.walk(hand_off_id, introduce)
    world.runtime = replace(world.runtime, mailbox=SlowMailbox(world))
    composition.use(world.runtime)
    world.read_inbox()
    with pytest.raises(InDoubtError):
        world.run(introduce, hand_off_id)
    world.runtime = replace(world.runtime, mailbox=FakeMailbox())
    composition.use(world.runtime)
    world.read_inbox()
    assert isinstance(world.run(introduce, hand_off_id), Finished)


def test_a_copy_that_is_read_while_it_is_looked_for_is_not_taken_for_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever does not find it must not go by a reading that ended after the look (I6)."""
    hand_off_id = world.start()
    world.transport.fail_next(InDoubtError("the answer was lost"), after_accepting=True)
    with pytest.raises(InDoubtError):
        world.walk(hand_off_id, introduce)
    pass_doubts(world.runtime, world.runtime.settings.mail_copy_seconds + 1)
    look = tracking_copy_came

    def look_too_early(session: Session, message_id: str) -> bool:
        came = look(session, message_id)
        world.read_inbox()
        return came

    monkeypatch.setattr(effects, "tracking_copy_came", look_too_early)
    with pytest.raises(InDoubtError):
        world.run(introduce, hand_off_id)
    assert len(world.mails_to(world.lead_of(hand_off_id).email or "")) == 1
