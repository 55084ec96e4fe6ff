"""OAuth applications, and what is under way between them and members."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    """
    CREATE TABLE applications (
        id uuid CONSTRAINT pk_applications PRIMARY KEY,
        owner_id uuid NOT NULL
            CONSTRAINT fk_applications_owner_id REFERENCES users ON DELETE CASCADE,
        name text NOT NULL,
        redirect_uris text[] NOT NULL,
        revision bigint NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX ix_applications_owner_id_id ON applications (owner_id, id)",
    """
    ALTER TABLE sessions
        ADD COLUMN application_id uuid
            CONSTRAINT fk_sessions_application_id REFERENCES applications ON DELETE CASCADE,
        ADD COLUMN scopes text[] NOT NULL DEFAULT '{}',
        ADD CONSTRAINT ck_sessions_scopes CHECK ((application_id IS NULL) = (scopes = '{}'))
    """,
    """
    CREATE INDEX ix_sessions_application_id ON sessions (application_id)
        WHERE application_id IS NOT NULL
    """,
    """
    CREATE TABLE authorizations (
        id uuid CONSTRAINT pk_authorizations PRIMARY KEY,
        application_id uuid NOT NULL
            CONSTRAINT fk_authorizations_application_id REFERENCES applications ON DELETE CASCADE,
        code_hash bytea NOT NULL CONSTRAINT uq_authorizations_code_hash UNIQUE,
        user_code_hash bytea CONSTRAINT uq_authorizations_user_code_hash UNIQUE,
        user_id uuid CONSTRAINT fk_authorizations_user_id REFERENCES users ON DELETE CASCADE,
        scopes text[] NOT NULL,
        redirect_uri text,
        challenge text,
        state text NOT NULL CONSTRAINT ck_authorizations_state
            CHECK (state IN ('pending', 'approved', 'denied', 'used')),
        session_id uuid
            CONSTRAINT fk_authorizations_session_id REFERENCES sessions ON DELETE SET NULL,
        device text NOT NULL,
        address text NOT NULL,
        interval_seconds integer NOT NULL,
        polled_at timestamptz,
        expires_at timestamptz NOT NULL,
        CONSTRAINT ck_authorizations_kind
            CHECK ((user_code_hash IS NULL) = (challenge IS NOT NULL)),
        CONSTRAINT ck_authorizations_redirect CHECK ((redirect_uri IS NULL) = (challenge IS NULL))
    )
    """,
    "CREATE INDEX ix_authorizations_application_id ON authorizations (application_id)",
    "CREATE INDEX ix_authorizations_user_id ON authorizations (user_id)",
    "CREATE INDEX ix_authorizations_session_id ON authorizations (session_id)",
    "CREATE INDEX ix_authorizations_expires_at ON authorizations (expires_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
