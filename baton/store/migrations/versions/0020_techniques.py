"""How a lead goes over: by an appointment, or by a call or mails that reach it."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let another proof than an accepted invite make a suspect: that AE and lead connected (I1)."""
    op.execute(Path(__file__).with_name("0020_techniques.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one would not know such proofs."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
