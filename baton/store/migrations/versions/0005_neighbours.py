"""A neighbour that does not answer is asked rarely."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of neighbours; an effect knows when it is tried again."""
    op.execute(Path(__file__).with_name("0005_neighbours.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one would not wait."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
