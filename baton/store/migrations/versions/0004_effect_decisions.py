"""People decide about effects that could not be brought to an end."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of decisions, and the guard of what is done."""
    op.execute(Path(__file__).with_name("0004_effect_decisions.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: what people decided would be lost."""
    raise NotImplementedError("restore a backup instead: decisions cannot be put back")
