"""What lists are browsed and counted by, whole in one index."""

from alembic import op

revision = "0015"
down_revision = "0014"

STATEMENTS = (
    """
    CREATE INDEX ix_lists_browse ON lists (id) INCLUDE (user_id, privacy, hidden_at)
    WHERE deleted_at IS NULL AND kind = 'list'
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
