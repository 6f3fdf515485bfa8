"""The simulated people. They know only what reaches them, and act only as people can.

They read their own mail, answer by mail, accept or decline invites by a calendar reply, and our
own people use the HTTP API; one approver uses Prefect's form. Nothing here reaches into Baton.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from datetime import datetime
from itertools import count

from baton.demo.colleagues import engage, work_on
from baton.demo.deeds import Deed
from baton.demo.desk_client import OpenHandOff
from baton.demo.letters import Letter, read_letter
from baton.demo.post import Person
from baton.demo.post_office import PostOffice
from baton.demo.prospects import react
from baton.demo.server_post import ServerPostOffice
from baton.demo.stage import Stage


class People:
    """Everybody outside Baton; `act` lets them do what they have reason to do now."""

    def __init__(
        self,
        stage: Stage,
        post_office: PostOffice | ServerPostOffice,
        colleagues: Mapping[str, Person],
    ) -> None:
        """Bring them together.

        Args:
            stage: The channels they act through.
            post_office: Where their mail arrives.
            colleagues: Our own people by lower-case address; everybody else is a lead.
        """
        self._stage = stage
        self._post_office = post_office
        self._colleagues = colleagues
        self._later: list[tuple[datetime, int, Deed]] = []
        self._tickets = count()
        self._introduced: set[str] = set()

    def act(self) -> list[str]:
        """Let everybody read their new mail and act; return what happened, in words."""
        events = self._do_what_is_due()
        cases: dict[str, OpenHandOff] | None = None
        worked_on: set[str] = set()
        for address, content in self._post_office.new_mail():
            letter = read_letter(content)
            if not letter.is_from_baton:
                continue
            colleague = self._colleagues.get(address)
            if colleague is None:
                deed = self._lead_reads(address, letter)
            else:
                deed = engage(self._stage, colleague, letter)
                if deed is None and letter.hand_off_id and letter.hand_off_id not in worked_on:
                    cases = cases if cases is not None else self._stage.desk.open_hand_offs()
                    deed = self._case_deed(colleague, letter.hand_off_id, cases)
                    if deed is not None:
                        worked_on.add(letter.hand_off_id)
            events += self._do(deed)
        return events

    @property
    def next_act_at(self) -> datetime | None:
        """When somebody will act without being written to (aware UTC), or None."""
        return self._later[0][0] if self._later else None

    def _lead_reads(self, address: str, letter: Letter) -> Deed | None:
        person = Person(address, letter.name_of(address))
        if letter.invite is None:
            if address in self._introduced:
                return None
            self._introduced.add(address)
        return react(self._stage, person, letter)

    def _case_deed(
        self, colleague: Person, hand_off_id: str, cases: Mapping[str, OpenHandOff]
    ) -> Deed | None:
        case = cases.get(hand_off_id)
        return work_on(self._stage, colleague, case) if case else None

    def _do(self, deed: Deed | None) -> list[str]:
        if deed is None:
            return []
        if deed.at is None:
            return [deed.act()]
        heapq.heappush(self._later, (deed.at, next(self._tickets), deed))
        return []

    def _do_what_is_due(self) -> list[str]:
        events = []
        while self._later and self._later[0][0] <= self._stage.clock.now():
            events.append(heapq.heappop(self._later)[2].act())
        return events
