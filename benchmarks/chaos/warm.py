"""Imported by the server that the processes are forked from: what each would else do anew.

Processes die every few seconds here. Reading the agreement and compiling its rules, and what the
libraries set up at their first use, would be most of what they do.
"""

from __future__ import annotations

from sqlalchemy.orm import configure_mappers

from baton.packaged import default_rules
from baton.rulebook import active
from baton.rulebook.loading import agreement_from_content, hash_of
from baton.rulebook.statement import compile_agreement
from benchmarks.chaos import child
from benchmarks.chaos.agreeing import content_of

__all__ = ["child"]


def _warm() -> None:
    configure_mappers()
    content = content_of(default_rules())
    agreement = agreement_from_content(content)
    vars(active)["_by_hash"](hash_of(content)).append(agreement)
    statement = compile_agreement(agreement)
    assert statement.given
    assert statement.within


_warm()
