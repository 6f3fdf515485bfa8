"""Who may get a lead, and how many each AE was given."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what routing goes by; what was given before is counted."""
    op.execute(Path(__file__).with_name("0014_routing.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one would give leads without counting them."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
