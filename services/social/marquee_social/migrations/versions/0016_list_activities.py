"""Lists among what members did: made, and the film that was put there last."""

from alembic import op

from marquee_social.activities.record import LISTS, record_lists

revision = "0016"
down_revision = "0015"

STATEMENTS = (
    "CREATE INDEX ix_list_movies_added ON list_movies (list_id, added_at, movie_id)",
    LISTS,
    *record_lists(),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
