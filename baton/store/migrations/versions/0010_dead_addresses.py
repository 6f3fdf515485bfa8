"""Addresses whose mail came back for good."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let addresses be dead; none is yet."""
    op.execute(Path(__file__).with_name("0010_dead_addresses.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one would go on writing to them."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
