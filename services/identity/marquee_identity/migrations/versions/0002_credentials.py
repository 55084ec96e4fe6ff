"""Codes for resets and new addresses, suspensions, security events, identities elsewhere."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    """
    ALTER TABLE codes
        ADD COLUMN email text,
        DROP CONSTRAINT ck_codes_purpose,
        ADD CONSTRAINT ck_codes_purpose
            CHECK (purpose IN ('verify_email', 'reset_password', 'change_email')),
        ADD CONSTRAINT ck_codes_email CHECK ((purpose = 'change_email') = (email IS NOT NULL))
    """,
    """
    CREATE TABLE suspensions (
        user_id uuid CONSTRAINT pk_suspensions PRIMARY KEY
            CONSTRAINT fk_suspensions_user_id REFERENCES users ON DELETE CASCADE,
        suspended boolean NOT NULL,
        until timestamptz,
        reason text NOT NULL,
        epoch bigint NOT NULL,
        revision bigint NOT NULL
    )
    """,
    """
    CREATE TABLE security_events (
        id uuid CONSTRAINT pk_security_events PRIMARY KEY,
        user_id uuid NOT NULL
            CONSTRAINT fk_security_events_user_id REFERENCES users ON DELETE CASCADE,
        kind text NOT NULL,
        device text,
        address text,
        created_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX ix_security_events_user_id_id ON security_events (user_id, id)",
    """
    CREATE TABLE linked_identities (
        issuer text NOT NULL,
        subject text NOT NULL,
        user_id uuid NOT NULL
            CONSTRAINT fk_linked_identities_user_id REFERENCES users ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_linked_identities PRIMARY KEY (issuer, subject),
        CONSTRAINT uq_linked_identities_user_id_issuer UNIQUE (user_id, issuer)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
