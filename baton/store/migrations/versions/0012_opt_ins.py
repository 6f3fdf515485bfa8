"""Opt-outs that the person took back."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let wishes be taken back; none has been."""
    op.execute(Path(__file__).with_name("0012_opt_ins.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one would not tell the CRM of who opts out again."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
