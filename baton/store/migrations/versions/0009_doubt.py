"""An effect in flight is in doubt from when whoever sent it is certainly gone."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep since when an effect is in doubt; one that is now is from its next look on."""
    op.execute(Path(__file__).with_name("0009_doubt.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one would send mails twice."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
