"""The first release's tables and the guards that columns cannot express."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, then the guards."""
    for part in ("0001_tables.sql", "0001_guards.sql"):
        op.execute(Path(__file__).with_name(part).read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: the first release has nothing to go back to."""
    raise NotImplementedError("restore a backup instead: there is no release before 0001")
