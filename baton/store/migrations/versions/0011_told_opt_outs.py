"""Whether the connected systems heard of an opt-out."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take it that those which people gave have been told of."""
    op.execute(Path(__file__).with_name("0011_told_opt_outs.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one would tell nobody of imported wishes."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
