"""A rep's calendar, and whether it can be read."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a rep have a calendar, and a calendar be a neighbour."""
    op.execute(Path(__file__).with_name("0007_calendars.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one would book reps whose calendar is full."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
