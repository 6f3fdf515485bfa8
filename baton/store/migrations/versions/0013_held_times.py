"""Times are held for a lead while it chooses."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, in which no two leads hold the same time of one AE."""
    op.execute(Path(__file__).with_name("0013_held_times.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: releases go forward only."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
