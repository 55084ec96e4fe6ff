"""Notes, their copies, and what every service has."""

from alembic import op

from marquee_shared.migrations import create_shared_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_shared_tables(op)
    op.execute(
        "CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_notes PRIMARY KEY,"
        " title text NOT NULL, author_id uuid, revision bigint NOT NULL)"
    )
    op.execute(
        "CREATE TABLE copies (id bigint CONSTRAINT pk_copies PRIMARY KEY, title text NOT NULL,"
        " epoch bigint NOT NULL, revision bigint NOT NULL, seen bigint NOT NULL)"
    )
    op.execute("CREATE TABLE checked_late (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
