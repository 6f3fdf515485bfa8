"""What changes for both teams from one version of the agreement to another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from baton.rulebook.agreement import Agreement
from baton.rulebook.contents import Entry, Section, entries_of


class Kind(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Aspect:
    """One value of a changed entry: what it was, and what it is."""

    aspect: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the two versions say differently.

    Attributes:
        section: The part of the agreement.
        kind: What became of it.
        name: What people call it; in the later version where that has it.
        says: The change in words: `20 → 25 points, cap 40 → 50`.
        aspects: The same value by value; empty unless it was changed.
    """

    section: Section
    kind: Kind
    name: str
    says: str
    aspects: tuple[Aspect, ...] = ()


def differences(before: Agreement, after: Agreement) -> list[Change]:
    """Return what `after` says otherwise than `before`, in the order people read an agreement.

    What only stands in another order or is written with other spaces is no change. A criterion,
    a fit rule or a touch is the same one as long as it keeps its id, whatever it is called.
    """
    old = {(entry.section, entry.key): entry for entry in entries_of(before)}
    new = {(entry.section, entry.key): entry for entry in entries_of(after)}
    found = [_there(Kind.REMOVED, entry) for place, entry in old.items() if place not in new]
    for place, entry in new.items():
        if place not in old:
            found.append(_there(Kind.ADDED, entry))
        elif old[place].clauses != entry.clauses:
            found.append(_changed(old[place], entry))
    order = list(Section)
    return sorted(found, key=lambda change: order.index(change.section))


def _there(kind: Kind, entry: Entry) -> Change:
    # Its name is said already.
    says = ", ".join(c.says for aspect, c in entry.clauses.items() if aspect != "name")
    return Change(entry.section, kind, entry.name, says)


def _changed(old: Entry, new: Entry) -> Change:
    pairs = [
        (aspect, was, new.clauses[aspect])
        for aspect, was in old.clauses.items()
        if was != new.clauses[aspect]
    ]
    says = ", ".join(f"{now.before}{was.value} → {now.value}{now.after}" for _, was, now in pairs)
    aspects = tuple(Aspect(aspect, was.value, now.value) for aspect, was, now in pairs)
    return Change(new.section, Kind.CHANGED, new.name, says, aspects)
