"""What members said of a film, found by the film: to follow it into another."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("CREATE INDEX ix_ratings_movie ON ratings (movie_id) WHERE half_steps IS NOT NULL")
    op.execute("CREATE INDEX ix_signals_movie ON signals (movie_id) WHERE kind IS NOT NULL")
