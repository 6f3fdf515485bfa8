"""One message that Baton sends: who reads it, and what its text may use."""

from __future__ import annotations

from dataclasses import dataclass, field

from baton.messages.samples import Variables


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        name: File name in the rules folder without `.j2`.
        reader: Who gets it.
        sample: Sample variables; their keys, nested ones too, are all that the text may use.
        optional: Dotted paths of keys that may be missing or None (`lead.phone`; a list's
            elements share their list's path: `history.detail`). Lists may be empty.
        is_for_lead: True if the lead reads it. It then stands in the thread that the lead sees,
            can be unsubscribed from, and may use nothing that is meant for colleagues.
        is_mail: False for the words of a calendar object, which goes along with a mail: its
            subject is the title, its text the description, and it has no HTML.
    """

    name: str
    reader: str
    sample: Variables
    optional: frozenset[str] = field(default_factory=frozenset)
    is_for_lead: bool = False
    is_mail: bool = True

    @property
    def blocks(self) -> tuple[str, ...]:
        """What its file must have."""
        return ("subject", "text", "html") if self.is_mail else ("subject", "text")
