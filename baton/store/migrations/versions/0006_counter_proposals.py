"""Answers are ordered by when they were made; other times that are proposed are kept."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of proposed times; an answer knows when it was made."""
    op.execute(Path(__file__).with_name("0006_counter_proposals.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one would not see them."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
