"""What members are to each other, whom they mute, and who may see what of them."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    "CREATE INDEX ix_users_username_key ON users (lower(username))",
    """
    CREATE TABLE relationships (
        low_id uuid NOT NULL,
        high_id uuid NOT NULL,
        friendship text NOT NULL CONSTRAINT ck_relationships_friendship
            CHECK (friendship IN ('none', 'low_asked', 'high_asked', 'friends')),
        friendship_at timestamptz NOT NULL,
        low_blocked_at timestamptz,
        high_blocked_at timestamptz,
        revision bigint NOT NULL CONSTRAINT ck_relationships_revision CHECK (revision > 0),
        CONSTRAINT pk_relationships PRIMARY KEY (low_id, high_id),
        CONSTRAINT ck_relationships_ordered CHECK (low_id < high_id),
        CONSTRAINT ck_relationships_blocked_is_nothing_else CHECK (
            friendship = 'none' OR (low_blocked_at IS NULL AND high_blocked_at IS NULL)
        )
    )
    """,
    """
    CREATE INDEX ix_relationships_of_low
    ON relationships (low_id, friendship, friendship_at, high_id) WHERE friendship <> 'none'
    """,
    """
    CREATE INDEX ix_relationships_of_high
    ON relationships (high_id, friendship, friendship_at, low_id) WHERE friendship <> 'none'
    """,
    """
    CREATE INDEX ix_relationships_low_blocks
    ON relationships (low_id, low_blocked_at, high_id) WHERE low_blocked_at IS NOT NULL
    """,
    """
    CREATE INDEX ix_relationships_high_blocks
    ON relationships (high_id, high_blocked_at, low_id) WHERE high_blocked_at IS NOT NULL
    """,
    """
    CREATE TABLE mutes (
        user_id uuid NOT NULL,
        muted_id uuid NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_mutes PRIMARY KEY (user_id, muted_id),
        CONSTRAINT ck_mutes_not_oneself CHECK (user_id <> muted_id)
    )
    """,
    "CREATE INDEX ix_mutes_newest ON mutes (user_id, created_at, muted_id)",
    "CREATE INDEX ix_mutes_muted ON mutes (muted_id)",
    """
    CREATE TABLE privacy_settings (
        user_id uuid CONSTRAINT pk_privacy_settings PRIMARY KEY,
        ratings text NOT NULL CONSTRAINT ck_privacy_settings_ratings
            CHECK (ratings IN ('public', 'friends', 'private')),
        activity text NOT NULL CONSTRAINT ck_privacy_settings_activity
            CHECK (activity IN ('public', 'friends', 'private')),
        watch_time text NOT NULL CONSTRAINT ck_privacy_settings_watch_time
            CHECK (watch_time IN ('public', 'friends', 'private')),
        stats text NOT NULL CONSTRAINT ck_privacy_settings_stats
            CHECK (stats IN ('public', 'friends', 'private')),
        friends text NOT NULL CONSTRAINT ck_privacy_settings_friends
            CHECK (friends IN ('public', 'friends', 'private')),
        updated_at timestamptz NOT NULL,
        revision bigint NOT NULL CONSTRAINT ck_privacy_settings_revision CHECK (revision > 0)
    )
    """,
    """
    CREATE TABLE notification_counters (
        user_id uuid CONSTRAINT pk_notification_counters PRIMARY KEY,
        last_sequence bigint NOT NULL
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE notifications (
        user_id uuid NOT NULL,
        sequence bigint NOT NULL,
        kind text NOT NULL CONSTRAINT ck_notifications_kind CHECK (kind IN
            ('friend_request', 'friend_accepted', 'comment', 'reaction', 'list_shared')),
        actor_id uuid NOT NULL,
        target_type text NOT NULL,
        target_id text NOT NULL,
        data jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        read_at timestamptz,
        CONSTRAINT pk_notifications PRIMARY KEY (user_id, sequence)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_notifications_unread
    ON notifications (user_id, kind, actor_id, target_type, target_id) WHERE read_at IS NULL
    """,
    "CREATE INDEX ix_notifications_actor ON notifications (actor_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
