"""Members' surroundings (taste, friends, privacy, films begun), runtimes, conversations."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = """
ALTER TABLE movies ADD COLUMN runtime integer;
ALTER TABLE users ADD COLUMN avatar_url text;

CREATE INDEX ix_interactions_favourites ON interactions (user_id, movie_id)
    INCLUDE (value, at) WHERE source = 'rating' AND value >= 4 AND NOT removed;

CREATE TABLE tastes (
    user_id uuid CONSTRAINT pk_tastes PRIMARY KEY,
    genres text[] NOT NULL,
    platforms text[] NOT NULL,
    people text[] NOT NULL,
    country text,
    epoch bigint NOT NULL,
    revision bigint NOT NULL
);

CREATE TABLE follows (
    user_id uuid CONSTRAINT pk_follows PRIMARY KEY,
    people text[] NOT NULL,
    epoch bigint NOT NULL,
    revision bigint NOT NULL
);

CREATE TABLE friendships (
    low_id uuid NOT NULL,
    high_id uuid NOT NULL,
    friends boolean NOT NULL,
    at timestamptz NOT NULL,
    epoch bigint NOT NULL,
    revision bigint NOT NULL,
    CONSTRAINT pk_friendships PRIMARY KEY (low_id, high_id),
    CONSTRAINT ck_friendships_order CHECK (low_id < high_id)
);
CREATE INDEX ix_friendships_high ON friendships (high_id);

CREATE TABLE blocks (
    user_id uuid NOT NULL,
    blocked_id uuid NOT NULL,
    blocked boolean NOT NULL,
    epoch bigint NOT NULL,
    revision bigint NOT NULL,
    CONSTRAINT pk_blocks PRIMARY KEY (user_id, blocked_id)
);
CREATE INDEX ix_blocks_blocked ON blocks (blocked_id);

CREATE TABLE privacy (
    user_id uuid CONSTRAINT pk_privacy PRIMARY KEY,
    ratings text NOT NULL,
    epoch bigint NOT NULL,
    revision bigint NOT NULL,
    CONSTRAINT ck_privacy_ratings CHECK (ratings IN ('public', 'friends', 'private'))
);

CREATE TABLE watches (
    user_id uuid NOT NULL,
    movie_id bigint NOT NULL,
    progress real,
    completed boolean NOT NULL,
    at timestamptz NOT NULL,
    epoch bigint NOT NULL,
    revision bigint NOT NULL,
    CONSTRAINT pk_watches PRIMARY KEY (user_id, movie_id)
);
CREATE INDEX ix_watches_movie ON watches (movie_id);

CREATE TABLE person_merges (
    slug text CONSTRAINT pk_person_merges PRIMARY KEY,
    into_id bigint NOT NULL
);

CREATE TABLE conversations (
    id uuid CONSTRAINT pk_conversations PRIMARY KEY,
    user_id uuid,
    understood jsonb NOT NULL,
    shown bigint[] NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ix_conversations_user ON conversations (user_id);
CREATE INDEX ix_conversations_expires ON conversations (expires_at);
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
