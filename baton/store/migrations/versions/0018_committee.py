"""Two reviewers a case, a third where they differ, and what came of their findings."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep each verdict for itself; what a single reviewer found before stays found."""
    op.execute(Path(__file__).with_name("0018_committee.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: a release before this one knows one reviewer only."""
    raise NotImplementedError("restore a backup instead: releases go forward only")
