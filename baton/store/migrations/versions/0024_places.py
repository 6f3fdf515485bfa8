"""Where leads are is told beside them."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put a table in place of the lead's indexes by place."""
    op.execute(Path(__file__).with_name("0024_places.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: releases go forward only."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
