"""What leads did is judged and kept kind by kind."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring what is kept into the new form."""
    op.execute(Path(__file__).with_name("0023_doings.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: releases go forward only."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
