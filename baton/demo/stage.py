"""Where the simulated people act: the mail, the API, Prefect's form, and what day it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from baton.demo.cast import Cast
from baton.demo.desk_client import DeskClient
from baton.demo.post import Person, PostBox
from baton.domain.clock import Clock

# Takes a flow run's id and the form's fields.
ResumeInPrefect = Callable[[str, dict[str, str]], None]


@dataclass(frozen=True)
class Stage:
    """The channels that people have; they have no others.

    Attributes:
        post_box: Where their mail goes out.
        desk: The HTTP API.
        resume_in_prefect: Does what Prefect's page does when its form is sent.
        clock: Tells them the date.
        cast: Who plays which part.
        criteria: Ids of the agreement's required criteria, which AEs judge one by one.
        answers: Criterion id to the facts that an SDR finds out when asked about it.
        ignored_by: Lead to the AE who does nothing about it.
    """

    post_box: PostBox
    desk: DeskClient
    resume_in_prefect: ResumeInPrefect
    clock: Clock
    cast: Cast
    criteria: tuple[str, ...]
    answers: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    ignored_by: dict[str, str] = field(default_factory=dict)

    def send(self, content: bytes, writer: Person) -> None:
        """Hand the writer's mail in, for everyone it names."""
        self.post_box.send(content, writer)
