"""Replicas of films and members, ratings and their counters."""

from alembic import op

from marquee_shared.migrations import create_shared_tables

revision = "0001"
down_revision = None

TABLES = (
    """
    CREATE TABLE movies (
        id bigint CONSTRAINT pk_movies PRIMARY KEY,
        slug text NOT NULL,
        title text NOT NULL,
        year integer,
        cover_url text,
        genres jsonb NOT NULL,
        status text NOT NULL,
        deleted boolean NOT NULL,
        epoch bigint NOT NULL,
        revision bigint NOT NULL
    )
    """,
    "CREATE INDEX ix_movies_slug ON movies (slug)",
    """
    CREATE TABLE users (
        id uuid CONSTRAINT pk_users PRIMARY KEY,
        username text,
        name text,
        avatar_url text,
        deleted boolean NOT NULL,
        epoch bigint NOT NULL,
        revision bigint NOT NULL,
        CONSTRAINT ck_users_deleted_is_empty CHECK (
            CASE WHEN deleted THEN username IS NULL AND name IS NULL AND avatar_url IS NULL
            ELSE username IS NOT NULL AND name IS NOT NULL END
        )
    )
    """,
    "CREATE INDEX ix_users_username ON users (username)",
    """
    CREATE TABLE ratings (
        user_id uuid NOT NULL,
        movie_id bigint NOT NULL,
        half_steps smallint
            CONSTRAINT ck_ratings_half_steps CHECK (half_steps BETWEEN 1 AND 10),
        created_at timestamptz NOT NULL,
        rated_at timestamptz NOT NULL,
        revision bigint NOT NULL CONSTRAINT ck_ratings_revision CHECK (revision > 0),
        CONSTRAINT pk_ratings PRIMARY KEY (user_id, movie_id)
    )
    """,
    """
    CREATE INDEX ix_ratings_newest ON ratings (user_id, rated_at, movie_id)
    WHERE half_steps IS NOT NULL
    """,
    """
    CREATE TABLE rating_counts (
        movie_id bigint NOT NULL,
        shard smallint NOT NULL,
        counts integer[] NOT NULL
            CONSTRAINT ck_rating_counts_ten CHECK (cardinality(counts) = 10),
        CONSTRAINT pk_rating_counts PRIMARY KEY (movie_id, shard)
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE rating_totals (
        movie_id bigint CONSTRAINT pk_rating_totals PRIMARY KEY,
        counts integer[] NOT NULL
            CONSTRAINT ck_rating_totals_ten CHECK (cardinality(counts) = 10),
        revision bigint NOT NULL
    ) WITH (fillfactor = 50)
    """,
)


def upgrade() -> None:
    create_shared_tables(op)
    for statement in TABLES:
        op.execute(statement)
