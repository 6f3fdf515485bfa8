"""The agreement that both teams of the fire sign, and who they are."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.rulebook.loading import agreement_from_content
from baton.store.reps import import_reps
from baton.testing.agreeing import agreed

# So that some leads need an approver.
BORDERLINE_POINTS = 32


def content_of(rules: Path) -> dict[str, Any]:
    """Return the default agreement's content, with more that is borderline and other AEs."""
    read = yaml.safe_load((rules / "agreement.yaml").read_text(encoding="utf-8"))
    content: dict[str, Any] = dict(read)
    content["approval"] = {**content["approval"], "borderline_points": BORDERLINE_POINTS}
    # Who declines is replaced, so that invites move from one AE's calendar to another's.
    content["techniques"]["appointment"]["on_ae_decline"] = "another_ae"
    return content


def agree(database: Engine, home: Path, at: datetime) -> tuple[str, ...]:
    """Import our people and have both teams sign; return the criteria that are required.

    Args:
        database: Baton's, migrated and empty.
        home: Has `reps.csv` and the folder `rules`.
        at: Aware UTC instant of the signatures.
    """
    content = content_of(home / "rules")
    with Session(database) as session, session.begin():
        import_reps(session, home / "reps.csv")
        agreed(session, content, at=at)
    required = agreement_from_content(content).sales_qualified
    return tuple(criterion.id for criterion in required if criterion.required)
