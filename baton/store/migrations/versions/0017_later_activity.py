"""What leads do after sales took them over, for their owners to hear of."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Note every new touch of an AE's lead; what was there before is not told."""
    op.execute(Path(__file__).with_name("0017_later_activity.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one would tell nobody."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
