"""Filling lists by members' platforms; reports of lists; notifications that name nobody.

What people films have is known anew, with their ids, once the catalog has told its films again.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

STATEMENTS = (
    """
    CREATE TABLE tastes (
        user_id uuid CONSTRAINT pk_tastes PRIMARY KEY,
        platforms text[] NOT NULL,
        epoch bigint NOT NULL,
        revision bigint NOT NULL
    )
    """,
    "ALTER TABLE lists ADD COLUMN hidden_at timestamptz",
    "ALTER TABLE reports DROP CONSTRAINT ck_reports_target_type",
    """
    ALTER TABLE reports ADD CONSTRAINT ck_reports_target_type
        CHECK (target_type IN ('review', 'comment', 'list', 'user'))
    """,
    "ALTER TABLE notifications ALTER COLUMN actor_id DROP NOT NULL",
    "ALTER TABLE notifications DROP CONSTRAINT ck_notifications_kind",
    """
    ALTER TABLE notifications ADD CONSTRAINT ck_notifications_kind CHECK (
        kind IN ('friend_request', 'friend_accepted', 'comment', 'reaction', 'list_shared',
            'moderation')
    )
    """,
    """
    ALTER TABLE notifications ADD CONSTRAINT ck_notifications_nobody_moderates
        CHECK ((actor_id IS NULL) = (kind = 'moderation'))
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
