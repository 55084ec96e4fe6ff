"""Signals: like, dislike, not interested, seen."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE signals (
            user_id uuid NOT NULL,
            movie_id bigint NOT NULL,
            kind text CONSTRAINT ck_signals_kind
                CHECK (kind IN ('like', 'dislike', 'not_interested', 'seen')),
            created_at timestamptz NOT NULL,
            signalled_at timestamptz NOT NULL,
            revision bigint NOT NULL CONSTRAINT ck_signals_revision CHECK (revision > 0),
            CONSTRAINT pk_signals PRIMARY KEY (user_id, movie_id)
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_signals_newest ON signals (user_id, signalled_at, movie_id) "
        "WHERE kind IS NOT NULL"
    )
