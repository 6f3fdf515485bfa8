"""How many hand-offs an AE has open is counted where they begin and end."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the counters, and what keeps them."""
    op.execute(Path(__file__).with_name("0022_open.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: releases go forward only."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
