"""Promises are measured from one event to another, and what follows if they are broken."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; whatever happens to a hand-off from now on has its promises looked at."""
    op.execute(Path(__file__).with_name("0016_promises.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: releases go forward only."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
