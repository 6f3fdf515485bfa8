"""When reps like to meet, and who gave which lead up after how many attempts."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what a rep likes, and the record without which no AE's lead is closed."""
    op.execute(Path(__file__).with_name("0015_follow_up.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one would close leads without a record."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
