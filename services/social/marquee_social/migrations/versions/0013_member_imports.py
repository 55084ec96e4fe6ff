"""Imports of members' histories from elsewhere."""

from alembic import op

revision = "0013"
down_revision = "0012"

STATEMENTS = (
    """
    CREATE TABLE member_imports (
        id uuid CONSTRAINT pk_member_imports PRIMARY KEY,
        user_id uuid NOT NULL,
        source text NOT NULL,
        file_name text NOT NULL,
        dry_run boolean NOT NULL,
        job_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        committed_at timestamptz,
        undone_at timestamptz
    )
    """,
    "CREATE INDEX ix_member_imports_member ON member_imports (user_id, id)",
    """
    CREATE TABLE member_import_rows (
        import_id uuid NOT NULL CONSTRAINT fk_member_import_rows_import_id
            REFERENCES member_imports ON DELETE CASCADE,
        line integer NOT NULL,
        title text NOT NULL,
        year integer,
        ids jsonb NOT NULL,
        brings jsonb NOT NULL,
        problems jsonb NOT NULL,
        state text CONSTRAINT ck_member_import_rows_state
            CHECK (state IN ('matched', 'ambiguous', 'unmatched', 'invalid')),
        confidence double precision,
        movie_id bigint,
        candidates jsonb NOT NULL DEFAULT '[]',
        done boolean NOT NULL DEFAULT false,
        listed boolean NOT NULL DEFAULT false,
        undo jsonb NOT NULL DEFAULT '{}',
        CONSTRAINT pk_member_import_rows PRIMARY KEY (import_id, line),
        CONSTRAINT ck_member_import_rows_matched
            CHECK (state <> 'matched' OR movie_id IS NOT NULL)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
