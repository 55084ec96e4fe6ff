"""Users, one-time codes, sessions with their refresh tokens, signing keys, opaque tokens."""

from alembic import op

from marquee_shared.migrations import create_shared_tables

revision = "0001"
down_revision = None

TABLES = (
    """
    CREATE TABLE users (
        id uuid CONSTRAINT pk_users PRIMARY KEY,
        username text NOT NULL,
        username_key text NOT NULL CONSTRAINT uq_users_username_key UNIQUE,
        email text,
        email_key text CONSTRAINT uq_users_email_key UNIQUE,
        password_hash text,
        first_name text,
        last_name text,
        bio text,
        language text,
        country text,
        avatar_url text,
        roles text[] NOT NULL DEFAULT '{member}',
        boarded boolean NOT NULL DEFAULT false,
        verified_at timestamptz,
        imported boolean NOT NULL DEFAULT false,
        search tsvector NOT NULL,
        revision bigint NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_users_username CHECK (
            lower(username) = username_key AND username_key ~ '^[a-z0-9_.-]{3,30}$'
        ),
        CONSTRAINT ck_users_email CHECK (
            (email IS NULL) = (email_key IS NULL) AND (imported OR email IS NOT NULL)
        ),
        CONSTRAINT ck_users_imported CHECK (NOT imported OR password_hash IS NULL),
        CONSTRAINT ck_users_language CHECK (language IN ('en', 'es', 'fr', 'de')),
        CONSTRAINT ck_users_country CHECK (country ~ '^[A-Z]{2}$'),
        CONSTRAINT ck_users_roles CHECK (
            roles <@ ARRAY['member', 'moderator', 'editor', 'administrator']
        )
    )
    """,
    "CREATE INDEX ix_users_search ON users USING gin (search)",
    """
    CREATE TABLE codes (
        user_id uuid NOT NULL CONSTRAINT fk_codes_user_id REFERENCES users ON DELETE CASCADE,
        purpose text NOT NULL CONSTRAINT ck_codes_purpose CHECK (purpose IN ('verify_email')),
        requested_at timestamptz NOT NULL DEFAULT now(),
        code_hash bytea,
        tries smallint NOT NULL DEFAULT 0 CONSTRAINT ck_codes_tries CHECK (tries BETWEEN 0 AND 5),
        expires_at timestamptz,
        CONSTRAINT pk_codes PRIMARY KEY (user_id, purpose)
    )
    """,
    """
    CREATE TABLE sessions (
        id uuid CONSTRAINT pk_sessions PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT fk_sessions_user_id REFERENCES users ON DELETE CASCADE,
        device text NOT NULL,
        address text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        end_reason text,
        CONSTRAINT ck_sessions_end CHECK ((ended_at IS NULL) = (end_reason IS NULL))
    )
    """,
    "CREATE INDEX ix_sessions_live ON sessions (user_id, id) WHERE ended_at IS NULL",
    "CREATE INDEX ix_sessions_expires_at ON sessions (expires_at)",
    """
    CREATE TABLE refresh_tokens (
        token_hash bytea CONSTRAINT pk_refresh_tokens PRIMARY KEY,
        session_id uuid NOT NULL
            CONSTRAINT fk_refresh_tokens_session_id REFERENCES sessions ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        spent_at timestamptz,
        successor_hash bytea,
        successor_sealed bytea,
        CONSTRAINT ck_refresh_tokens_spent CHECK (
            (spent_at IS NULL) = (successor_hash IS NULL)
            AND (spent_at IS NULL) = (successor_sealed IS NULL)
        )
    )
    """,
    """
    CREATE UNIQUE INDEX uq_refresh_tokens_unspent ON refresh_tokens (session_id)
        WHERE spent_at IS NULL
    """,
    "CREATE INDEX ix_refresh_tokens_session_id ON refresh_tokens (session_id)",
    """
    CREATE TABLE signing_keys (
        kid text CONSTRAINT pk_signing_keys PRIMARY KEY,
        public jsonb NOT NULL,
        private_sealed bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        signs_from timestamptz
    )
    """,
    """
    CREATE TABLE opaque_tokens (
        id uuid CONSTRAINT pk_opaque_tokens PRIMARY KEY,
        token_hash bytea NOT NULL CONSTRAINT uq_opaque_tokens_token_hash UNIQUE,
        kind text NOT NULL,
        user_id uuid CONSTRAINT fk_opaque_tokens_user_id REFERENCES users ON DELETE CASCADE,
        name text NOT NULL,
        scopes text[] NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz,
        expires_at timestamptz,
        revoked_at timestamptz,
        CONSTRAINT ck_opaque_tokens_kind CHECK (
            kind IN ('service', 'member') AND (kind = 'service') = (user_id IS NULL)
        )
    )
    """,
    "CREATE INDEX ix_opaque_tokens_user_id ON opaque_tokens (user_id)",
)


def upgrade() -> None:
    create_shared_tables(op)
    for statement in TABLES:
        op.execute(statement)
