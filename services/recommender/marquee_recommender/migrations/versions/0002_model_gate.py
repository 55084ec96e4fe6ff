"""What was decided about a model after its training, how it drifts, and what tuning tried."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE models "
        "ADD COLUMN gate jsonb NOT NULL DEFAULT '{}'::jsonb, "
        "ADD COLUMN drift jsonb NOT NULL DEFAULT '{}'::jsonb, "
        "ADD COLUMN trials jsonb NOT NULL DEFAULT '[]'::jsonb"
    )
