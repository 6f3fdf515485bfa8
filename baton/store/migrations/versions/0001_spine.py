"""The first release's tables and guards."""

from __future__ import annotations

from importlib.resources import files

from alembic import op

from baton.store.tables import Base

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, then the guards that columns cannot express."""
    op.execute("create extension if not exists btree_gist")
    Base.metadata.create_all(op.get_bind())
    op.execute(files("baton.store").joinpath("guards.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: the first release has nothing to go back to."""
    raise NotImplementedError("restore a backup instead: there is no release before 0001")
