"""Merged duplicates, accounts' parents and owners of opportunities."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what is merged so that it can be undone; wishes of one address count for all (I4)."""
    op.execute(Path(__file__).with_name("0019_merges.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one would send to who opted out under another address."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
