"""What members did, for feeds."""

from alembic import op

from marquee_social.activities.record import FUNCTION, record

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    """
    CREATE TABLE activities (
        user_id uuid NOT NULL,
        kind text NOT NULL,
        id text NOT NULL,
        movie_id bigint,
        at timestamptz NOT NULL,
        CONSTRAINT pk_activities PRIMARY KEY (user_id, kind, id)
    )
    """,
    "CREATE INDEX ix_activities_newest ON activities (user_id, at, kind, id)",
    FUNCTION,
    *record("rating", "ratings", "movie_id::text", "rated_at", "half_steps"),
    *record(
        "review",
        "reviews",
        "id::text",
        "created_at",
        "CASE WHEN deleted_at IS NULL AND hidden_at IS NULL THEN 1 END",
    ),
    *record("watch", "watched_movies", "movie_id::text", "completed_at", "completed_at"),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
