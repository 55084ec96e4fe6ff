"""Reviews, their versions, comments and reactions."""

from alembic import op

revision = "0006"
down_revision = "0005"

CONTENT = """
    user_id uuid,
    content text NOT NULL,
    has_spoilers boolean NOT NULL,
    reactions jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    hidden_at timestamptz
"""

STATEMENTS = (
    f"""
    CREATE TABLE reviews (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_reviews PRIMARY KEY,
        movie_id bigint NOT NULL,
        title text NOT NULL,
        is_positive boolean NOT NULL,
        language text,
        comments integer NOT NULL DEFAULT 0
            CONSTRAINT ck_reviews_comments CHECK (comments >= 0),
        helpful integer NOT NULL DEFAULT 0,
        revision bigint NOT NULL CONSTRAINT ck_reviews_revision CHECK (revision > 0),
        {CONTENT}
    ) WITH (fillfactor = 80)
    """,
    "CREATE UNIQUE INDEX uq_reviews_live ON reviews (user_id, movie_id) WHERE deleted_at IS NULL",
    "CREATE INDEX ix_reviews_newest ON reviews (movie_id, id) WHERE deleted_at IS NULL",
    "CREATE INDEX ix_reviews_helpful ON reviews (movie_id, helpful, id) WHERE deleted_at IS NULL",
    "CREATE INDEX ix_reviews_author ON reviews (user_id, id) WHERE deleted_at IS NULL",
    """
    CREATE TABLE review_versions (
        review_id bigint NOT NULL CONSTRAINT fk_review_versions_review_id
            REFERENCES reviews ON DELETE CASCADE,
        revision bigint NOT NULL,
        title text NOT NULL,
        content text NOT NULL,
        is_positive boolean NOT NULL,
        has_spoilers boolean NOT NULL,
        language text,
        written_at timestamptz NOT NULL,
        CONSTRAINT pk_review_versions PRIMARY KEY (review_id, revision)
    )
    """,
    f"""
    CREATE TABLE comments (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_comments PRIMARY KEY,
        review_id bigint NOT NULL CONSTRAINT fk_comments_review_id REFERENCES reviews,
        parent_id bigint CONSTRAINT fk_comments_parent_id REFERENCES comments,
        depth integer NOT NULL,
        revision bigint NOT NULL CONSTRAINT ck_comments_revision CHECK (revision > 0),
        {CONTENT},
        CONSTRAINT ck_comments_depth CHECK ((parent_id IS NULL) = (depth = 1))
    ) WITH (fillfactor = 80)
    """,
    """
    CREATE INDEX ix_comments_thread ON comments (review_id, coalesce(parent_id, 0), id)
    WHERE deleted_at IS NULL
    """,
    "CREATE INDEX ix_comments_author ON comments (user_id, review_id) WHERE deleted_at IS NULL",
    """
    CREATE INDEX ix_comments_hidden ON comments (review_id)
    WHERE hidden_at IS NOT NULL AND deleted_at IS NULL
    """,
    """
    CREATE TABLE reactions (
        target text NOT NULL
            CONSTRAINT ck_reactions_target CHECK (target IN ('review', 'comment')),
        target_id bigint NOT NULL,
        user_id uuid NOT NULL,
        emoji text NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_reactions PRIMARY KEY (target, target_id, user_id, emoji)
    )
    """,
    "CREATE INDEX ix_reactions_user ON reactions (user_id, created_at)",
    """
    CREATE INDEX ix_relationships_blocked_low ON relationships (low_id, high_id)
    WHERE low_blocked_at IS NOT NULL OR high_blocked_at IS NOT NULL
    """,
    """
    CREATE INDEX ix_relationships_blocked_high ON relationships (high_id, low_id)
    WHERE low_blocked_at IS NOT NULL OR high_blocked_at IS NOT NULL
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
