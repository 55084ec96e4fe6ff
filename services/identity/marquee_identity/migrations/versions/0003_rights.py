"""Exports, erasures and their receipts."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    CREATE TABLE exports (
        id uuid CONSTRAINT pk_exports PRIMARY KEY,
        user_id uuid CONSTRAINT fk_exports_user_id REFERENCES users ON DELETE SET NULL,
        file text NOT NULL,
        bytes bigint NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_exports_expires_at ON exports (expires_at)",
    """
    CREATE UNIQUE INDEX uq_jobs_export_unfinished ON jobs (requested_by)
        WHERE kind = 'export' AND state IN ('queued', 'running')
    """,
    """
    CREATE TABLE erasures (
        id uuid CONSTRAINT pk_erasures PRIMARY KEY,
        user_id uuid CONSTRAINT uq_erasures_user_id UNIQUE
            CONSTRAINT fk_erasures_user_id REFERENCES users,
        mode text NOT NULL CONSTRAINT ck_erasures_mode CHECK (mode IN ('anonymise', 'remove')),
        requested_at timestamptz NOT NULL DEFAULT now(),
        due_at timestamptz NOT NULL,
        erased_at timestamptz,
        CONSTRAINT ck_erasures_member CHECK ((user_id IS NULL) = (erased_at IS NOT NULL))
    )
    """,
    "CREATE INDEX ix_erasures_due_at ON erasures (due_at) WHERE erased_at IS NULL",
    """
    CREATE TABLE erasure_lines (
        erasure_id uuid NOT NULL
            CONSTRAINT fk_erasure_lines_erasure_id REFERENCES erasures ON DELETE CASCADE,
        service text NOT NULL,
        removed jsonb NOT NULL,
        anonymised jsonb NOT NULL,
        erased_at timestamptz NOT NULL,
        CONSTRAINT pk_erasure_lines PRIMARY KEY (erasure_id, service)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
