"""The nightly batch costs what has changed: due leads are noted, counts are whole numbers."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Note who is due; turn points into tenths, and make room for what decay left."""
    op.execute(Path(__file__).with_name("0003_due.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: what was judged since would be lost."""
    raise NotImplementedError("restore a backup instead: judgements cannot be put back")
