"""Judgements of leads are stored set-wise: lists in the agreement's order, not documents."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables with their guards; earlier qualifications stay in `decision`."""
    op.execute(Path(__file__).with_name("0002_judgements.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: what was judged since would be lost."""
    raise NotImplementedError("restore a backup instead: judgements cannot be put back")
