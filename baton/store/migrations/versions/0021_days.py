"""What each AE was given lately is found by day."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the days, so that routing reads a week of all AEs at once."""
    op.create_index("ix_route_day_on_date", "route_day", ["on_date"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_route_day_on_date", "route_day")
