"""Watch time: sessions of players, and what they add up to."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    "ALTER TABLE movies ADD COLUMN runtime integer",
    """
    CREATE TABLE watch_sessions (
        user_id uuid NOT NULL,
        session_id text NOT NULL,
        movie_id bigint NOT NULL,
        runs jsonb NOT NULL,
        film_settled int8multirange NOT NULL,
        clock_settled int8multirange NOT NULL,
        film int8multirange NOT NULL,
        clock int8multirange NOT NULL,
        skew bigint NOT NULL CONSTRAINT ck_watch_sessions_skew CHECK (skew >= 0),
        first_at bigint NOT NULL,
        last_at bigint NOT NULL,
        last_position bigint NOT NULL,
        CONSTRAINT pk_watch_sessions PRIMARY KEY (user_id, session_id, movie_id)
    )
    """,
    "CREATE INDEX ix_watch_sessions_film ON watch_sessions (user_id, movie_id)",
    "CREATE INDEX ix_watch_sessions_time ON watch_sessions (user_id, last_at)",
    """
    CREATE TABLE watched_movies (
        user_id uuid NOT NULL,
        movie_id bigint NOT NULL,
        milliseconds bigint NOT NULL,
        coverage bigint NOT NULL,
        last_position bigint NOT NULL,
        last_at timestamptz NOT NULL,
        completed_at timestamptz,
        revision bigint NOT NULL CONSTRAINT ck_watched_movies_revision CHECK (revision > 0),
        CONSTRAINT pk_watched_movies PRIMARY KEY (user_id, movie_id),
        CONSTRAINT ck_watched_movies_milliseconds CHECK (milliseconds >= 0 AND coverage >= 0)
    )
    """,
    "CREATE INDEX ix_watched_movies_newest ON watched_movies (user_id, last_at, movie_id)",
    "CREATE INDEX ix_watched_movies_movie ON watched_movies (movie_id)",
    """
    CREATE TABLE watch_days (
        user_id uuid NOT NULL,
        day date NOT NULL,
        milliseconds bigint NOT NULL,
        CONSTRAINT pk_watch_days PRIMARY KEY (user_id, day)
    )
    """,
    """
    CREATE TABLE watchers (
        user_id uuid CONSTRAINT pk_watchers PRIMARY KEY,
        milliseconds bigint NOT NULL
    )
    """,
    """
    CREATE TABLE movie_watch_totals (
        movie_id bigint CONSTRAINT pk_movie_watch_totals PRIMARY KEY,
        milliseconds bigint NOT NULL,
        viewers bigint NOT NULL,
        completions bigint NOT NULL,
        CONSTRAINT ck_movie_watch_totals_counts
            CHECK (milliseconds >= 0 AND viewers >= 0 AND completions >= 0)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
