"""Pictures that nothing shows; foreign ids of an edition of a data set with its own numbers."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("ALTER TABLE external_ids DROP CONSTRAINT ck_external_ids_source")
    op.execute(
        "ALTER TABLE external_ids ADD CONSTRAINT ck_external_ids_source "
        "CHECK (source ~ '^[a-z][a-z0-9]*$')"
    )
    op.execute(
        """
        CREATE TABLE unused_pictures (
            digest text CONSTRAINT pk_unused_pictures PRIMARY KEY,
            since timestamptz NOT NULL DEFAULT now()
        )
        """
    )
