"""What Baton's neighbours saw of it; their own logs, which outlive a release."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes

from baton import runtime as composition
from baton.adapters.crm.port import Crm, CrmWrite
from baton.errors import InDoubtError
from tests.engine.worlds import World


class LoggedCrm:
    """A CRM that notes each write that it takes, also one that it knows already.

    Attributes:
        log: The external id of each write that it took, in order.
        loses_next_answer: Whether the next write is done, and Baton never hears of it.
    """

    def __init__(self, crm: Crm) -> None:
        self._crm = crm
        self.log: list[str] = []
        self.loses_next_answer = False

    def write(self, change: CrmWrite) -> None:
        self._crm.write(change)
        self.log.append(change.external_id)
        if self.loses_next_answer:
            self.loses_next_answer = False
            raise InDoubtError("The CRM's answer was lost.")

    def has(self, external_id: str) -> bool:
        return self._crm.has(external_id)


def with_logged_crm(world: World) -> LoggedCrm:
    """Put a log in front of the world's CRM."""
    crm = LoggedCrm(world.runtime.crm)
    world.runtime = replace(world.runtime, crm=crm)
    composition.use(world.runtime)
    return crm


def logs(world: World) -> list[str]:
    """Return what arrived at the mail server and at the CRM, by the ids that Baton gave it."""
    mails = [message_from_bytes(sent.content) for sent in world.transport.sent]
    crm = world.runtime.crm
    assert isinstance(crm, LoggedCrm)
    return [str(mail["Message-ID"]) for mail in mails] + crm.log
