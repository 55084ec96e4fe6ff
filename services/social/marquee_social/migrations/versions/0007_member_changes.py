"""What of a member's has changed, for clients that keep a copy."""

from alembic import op

from marquee_social.sync.capture import FUNCTION, capture

revision = "0007"
down_revision = "0006"

SHOWN = "CASE WHEN deleted_at IS NULL THEN revision END"

STATEMENTS = (
    """
    CREATE TABLE member_changes (
        user_id uuid NOT NULL,
        type text NOT NULL,
        id text NOT NULL,
        xid xid8 NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT pk_member_changes PRIMARY KEY (user_id, type, id)
    )
    """,
    "CREATE INDEX ix_member_changes_order ON member_changes (user_id, xid, type, id)",
    FUNCTION,
    *capture("ratings", "rating", "user_id", "movie_id::text", "half_steps"),
    *capture("signals", "signal", "user_id", "movie_id::text", "kind"),
    *capture("watched_movies", "watch", "user_id", "movie_id::text", "revision"),
    *capture(
        "relationships", "friendship", "low_id", "high_id::text", "nullif(friendship, 'none')"
    ),
    *capture(
        "relationships", "friendship", "high_id", "low_id::text", "nullif(friendship, 'none')"
    ),
    *capture("relationships", "block", "low_id", "high_id::text", "low_blocked_at"),
    *capture("relationships", "block", "high_id", "low_id::text", "high_blocked_at"),
    *capture("mutes", "mute", "user_id", "muted_id::text", "created_at"),
    *capture("reviews", "review", "user_id", "id::text", SHOWN),
    *capture("comments", "comment", "user_id", "id::text", SHOWN),
    *capture(
        "reactions",
        "reaction",
        "user_id",
        "concat_ws(':', target, target_id, emoji)",
        "created_at",
    ),
    *capture("privacy_settings", "privacy", "user_id", "'me'::text", "revision"),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
