"""Judges every sample and counts, class by class, how many are right."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from baton.adapters.mail.incoming import IncomingMail
from baton.adapters.mail.naming import newcomers
from baton.adapters.mail.opting_out import may_be_wish
from baton.adapters.mail.reading import read_mail
from baton.domain.meeting import BounceKind, MessageClass
from tests.mail.messages import OWN
from tests.mail.samples.model import Kind, Sample

KNOWN = {"sam@seller.example", "ana@seller.example", "jana@alder.example"}


class Verdict(StrEnum):
    """`SHOWN`: not recognised, so a person is asked. `TAKEN`: for engagement or an opt-out."""

    RIGHT = "right"
    SHOWN = "shown to a person"
    OTHER = "wrong, harmless"
    TAKEN = "wrongly taken for an answer or an opt-out"


@dataclass(frozen=True, slots=True)
class Judged:
    sample: Sample
    mail: IncomingMail
    verdict: Verdict

    def __str__(self) -> str:
        found = self.mail
        details = (found.bounce, found.returns_on, found.bounced, found.complained)
        said = " ".join(str(detail) for detail in details if detail)
        return (
            f"{self.sample.name}: {self.verdict}; expected {self.sample.kind}, is "
            f"{found.message_class} ({found.note}) {said}"
        )


def judge(sample: Sample) -> Judged:
    mail = read_mail(sample.content, own_address=OWN)
    if _is_right(sample, mail):
        verdict = Verdict.RIGHT
    elif _is_shown(sample, mail):
        verdict = Verdict.SHOWN
    elif mail.message_class is MessageClass.OPT_OUT or (
        mail.message_class is MessageClass.HUMAN_REPLY
        and sample.kind not in {Kind.REPLY, Kind.COLLEAGUE}
    ):
        verdict = Verdict.TAKEN
    else:
        verdict = Verdict.OTHER
    return Judged(sample, mail, verdict)


def _is_shown(sample: Sample, mail: IncomingMail) -> bool:
    if mail.message_class is MessageClass.HUMAN_REPLY:
        # A wish that is not clear enough for the machine is an answer that a person reads.
        return sample.kind is Kind.OPT_OUT and may_be_wish(mail.text)
    return mail.message_class in {MessageClass.UNKNOWN, MessageClass.UNREADABLE}


def is_known(address: str) -> bool:
    local, _, domain = address.partition("@")
    return address in KNOWN or f"{local.partition('+')[0]}@{domain}" == OWN


_CLASSES = {
    Kind.REPLY: {MessageClass.HUMAN_REPLY},
    Kind.COLLEAGUE: {MessageClass.HUMAN_REPLY},
    Kind.AUTOMATIC: {MessageClass.AUTO_REPLY},
    Kind.HARD: {MessageClass.BOUNCE},
    Kind.SOFT: {MessageClass.BOUNCE},
    Kind.COMPLAINT: {MessageClass.COMPLAINT},
    Kind.OPT_OUT: {MessageClass.OPT_OUT},
    Kind.CALENDAR: {MessageClass.CALENDAR_REPLY},
    Kind.LOOK: {MessageClass.UNKNOWN, MessageClass.UNREADABLE},
    Kind.OWN: {MessageClass.TRACKING_COPY},
}
_BOUNCES = {Kind.HARD: BounceKind.HARD, Kind.SOFT: BounceKind.SOFT}


def _is_right(sample: Sample, mail: IncomingMail) -> bool:
    is_quoting = "nobody will write" in mail.text
    if sample.kind is Kind.REPLY and is_quoting:
        return False
    return (
        mail.message_class in _CLASSES[sample.kind]
        and mail.bounce is _BOUNCES.get(sample.kind)
        and mail.returns_on == sample.returns_on
        and sample.says in mail.text
        and _about(sample, mail) == sample.about
    )


def _about(sample: Sample, mail: IncomingMail) -> tuple[str, ...]:
    if sample.kind in {Kind.REPLY, Kind.COLLEAGUE}:
        return tuple(one.email for one in newcomers(mail, is_known))
    return mail.bounced + mail.complained


def table(judged: list[Judged]) -> str:
    """Return the table, class by class, the same each time."""
    heads = ("class", "samples", "right", "shown", "wrong", "taken")
    lines = [f"{heads[0]:32}" + "".join(f"{head:>9}" for head in heads[1:])]
    for kind in (*Kind, None):
        of = [one for one in judged if kind in {None, one.sample.kind}]
        counts = [sum(one.verdict is verdict for one in of) for verdict in Verdict]
        lines.append(f"{kind or 'all':32}" + "".join(f"{n:>9}" for n in (len(of), *counts)))
    return "\n".join(lines)
