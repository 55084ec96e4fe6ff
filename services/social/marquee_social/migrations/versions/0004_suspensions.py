"""Until when a member may not write."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN suspended_until timestamptz")
