"""Tastes, followed people, avatars to delete, the replica of friendships and blocks."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    "ALTER TABLE users ADD COLUMN follows_revision bigint NOT NULL DEFAULT 0",
    """
    CREATE TABLE tastes (
        user_id uuid CONSTRAINT pk_tastes PRIMARY KEY
            CONSTRAINT fk_tastes_user_id REFERENCES users ON DELETE CASCADE,
        genres text[] NOT NULL,
        platforms text[] NOT NULL,
        people text[] NOT NULL,
        revision bigint NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE followed_people (
        user_id uuid NOT NULL
            CONSTRAINT fk_followed_people_user_id REFERENCES users ON DELETE CASCADE,
        person_id bigint NOT NULL,
        slug text NOT NULL,
        name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_followed_people PRIMARY KEY (user_id, person_id)
    )
    """,
    """
    CREATE INDEX ix_followed_people_newest ON followed_people (user_id, created_at, person_id)
    """,
    "CREATE TABLE discarded_avatars (digest text CONSTRAINT pk_discarded_avatars PRIMARY KEY)",
    """
    CREATE TABLE friendships (
        one_id uuid NOT NULL,
        other_id uuid NOT NULL,
        state text NOT NULL
            CONSTRAINT ck_friendships_state CHECK (state IN ('none', 'requested', 'friends')),
        asked_by uuid NOT NULL,
        epoch bigint NOT NULL,
        revision bigint NOT NULL,
        CONSTRAINT pk_friendships PRIMARY KEY (one_id, other_id),
        CONSTRAINT ck_friendships_order CHECK (one_id < other_id)
    )
    """,
    """
    CREATE TABLE blocks (
        user_id uuid NOT NULL,
        blocked_id uuid NOT NULL,
        blocked boolean NOT NULL,
        epoch bigint NOT NULL,
        revision bigint NOT NULL,
        CONSTRAINT pk_blocks PRIMARY KEY (user_id, blocked_id)
    )
    """,
    "CREATE INDEX ix_blocks_blocked_id ON blocks (blocked_id, user_id) WHERE blocked",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
