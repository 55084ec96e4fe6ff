"""Changes of lists, for clients that keep a copy."""

from alembic import op

from marquee_social.sync.capture import capture

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    looks = "CASE WHEN deleted_at IS NULL THEN revision END"
    for statement in capture("lists", "list", "user_id", "id::text", looks):
        op.execute(statement)
