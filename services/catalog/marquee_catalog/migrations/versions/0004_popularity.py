"""What the nightly refresh of popularity remembers of each film."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE movie_popularity (
            movie_id bigint CONSTRAINT pk_movie_popularity PRIMARY KEY
                CONSTRAINT fk_movie_popularity_movie_id REFERENCES movies ON DELETE CASCADE,
            given double precision NOT NULL,
            written double precision NOT NULL,
            counted bigint NOT NULL,
            momentum double precision NOT NULL
        )
        """
    )
