"""Lists of films, the watchlist among them; and what filling them needs to know of films."""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    """
    ALTER TABLE movies
        ADD COLUMN folded text NOT NULL DEFAULT '',
        ADD COLUMN release_date date,
        ADD COLUMN people jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN platforms jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN awards integer NOT NULL DEFAULT 0,
        ADD COLUMN popularity double precision NOT NULL DEFAULT 0
    """,
    "UPDATE movies SET folded = lower(title)",
    "CREATE INDEX ix_movies_people ON movies USING gin (people jsonb_path_ops)",
    "CREATE INDEX ix_movies_genres ON movies USING gin (genres jsonb_path_ops)",
    "CREATE INDEX ix_movies_popularity ON movies (popularity, id)",
    """
    CREATE TABLE lists (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_lists PRIMARY KEY,
        user_id uuid NOT NULL,
        kind text NOT NULL CONSTRAINT ck_lists_kind CHECK (kind IN ('list', 'watchlist')),
        slug text NOT NULL,
        name text NOT NULL,
        name_key text NOT NULL,
        description text NOT NULL,
        privacy text NOT NULL CONSTRAINT ck_lists_privacy
            CHECK (privacy IN ('public', 'friends', 'private')),
        search tsvector NOT NULL,
        fills integer NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        deleted_at timestamptz,
        revision bigint NOT NULL CONSTRAINT ck_lists_revision CHECK (revision > 0),
        CONSTRAINT ck_lists_watchlist_by_its_name CHECK (
            (kind = 'watchlist') = (slug = 'watchlist')
        )
    )
    """,
    "CREATE UNIQUE INDEX uq_lists_slug ON lists (user_id, slug) WHERE deleted_at IS NULL",
    """
    CREATE UNIQUE INDEX uq_lists_name ON lists (user_id, name_key)
    WHERE deleted_at IS NULL AND kind = 'list'
    """,
    """
    CREATE INDEX ix_lists_newest ON lists (user_id, id)
    WHERE deleted_at IS NULL AND kind = 'list'
    """,
    "CREATE INDEX ix_lists_search ON lists USING gin (search)",
    """
    CREATE TABLE list_movies (
        list_id bigint NOT NULL CONSTRAINT fk_list_movies_list_id
            REFERENCES lists ON DELETE CASCADE,
        movie_id bigint NOT NULL,
        position integer NOT NULL,
        note text,
        fill integer,
        added_at timestamptz NOT NULL,
        CONSTRAINT pk_list_movies PRIMARY KEY (list_id, movie_id)
    )
    """,
    "CREATE INDEX ix_list_movies_order ON list_movies (list_id, position, movie_id)",
    "CREATE INDEX ix_list_movies_movie ON list_movies (movie_id, list_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
