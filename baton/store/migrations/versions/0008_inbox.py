"""Messages are known again wherever they lie; those that need a look are kept apart."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give messages an identity, what they say, why a person must look, and the decision."""
    op.execute(Path(__file__).with_name("0008_inbox.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one would take messages in twice."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
