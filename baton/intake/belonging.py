"""Which accounts leads belong to that have no domain of their own: by the company's name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.orm import Session

from baton.intake.companies_alike import Belonging, Candidate, Company, account_key, account_of
from baton.intake.companies_alike import name_key as key_of
from baton.store import enrichment as store
from baton.store.enrichment import NamedAccount
from baton.store.tables import Json

AT_ONCE: Final = 10_000


@dataclass(slots=True)
class ByName:
    """Accounts by the key of their names."""

    accounts: dict[str, list[NamedAccount]] = field(default_factory=dict)

    def of(self, lead: Json) -> Belonging:
        """Return which account the lead belongs to by its company's name; in doubt none."""
        name = lead["company"]
        key = key_of(name) if name else None
        if key is None:
            return Belonging(None, ())
        candidates = [
            Candidate(each.id, Company(each.name, each.domain, each.country))
            for each in self.accounts.get(key, [])
        ]
        return account_of(Company(name, None, lead["country"]), candidates)


def accounts_by_name(session: Session, leads: Iterable[Json]) -> ByName:
    """Return the accounts whose names are those of the leads' companies."""
    unkeyed = store.accounts_without_key(session, limit=AT_ONCE)
    if unkeyed:
        keys = {id_: account_key(name, domain) or "" for id_, name, domain in unkeyed}
        store.write_keys(session, keys)
    wanted = {key for lead in leads if lead["company"] and (key := key_of(lead["company"]))}
    found = ByName()
    for account in store.accounts_by_key(session, wanted) if wanted else ():
        found.accounts.setdefault(account.key, []).append(account)
    return found
