"""Vectors of what films are about, for likeness by content and search by meaning."""

from alembic import op

revision = "0005"
down_revision = "0004"

HAS_VECTOR = """
DO $$ BEGIN
    IF to_regtype('extensions.vector') IS NULL THEN
        RAISE 'pgvector is missing: let an administrator CREATE EXTENSION vector SCHEMA extensions';
    END IF;
END $$
"""

STATEMENTS = """
CREATE TABLE encoders (
    id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_encoders PRIMARY KEY,
    source text NOT NULL,
    name text NOT NULL,
    dimensions integer NOT NULL,
    state bytea,
    films integer NOT NULL,
    taken integer NOT NULL DEFAULT 0,
    active boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ck_encoders_dimensions CHECK (dimensions BETWEEN 1 AND 2000)
);
CREATE UNIQUE INDEX uq_encoders_name ON encoders (name);
CREATE UNIQUE INDEX uq_encoders_active ON encoders (active) WHERE active;

CREATE TABLE movie_embeddings (
    encoder_id integer NOT NULL,
    movie_id bigint NOT NULL,
    digest bytea NOT NULL,
    embedding extensions.vector,
    CONSTRAINT pk_movie_embeddings PRIMARY KEY (encoder_id, movie_id),
    CONSTRAINT fk_movie_embeddings_encoder_id FOREIGN KEY (encoder_id)
        REFERENCES encoders (id) ON DELETE CASCADE
);

CREATE TABLE embedding_queue (
    movie_id bigint CONSTRAINT pk_embedding_queue PRIMARY KEY,
    mark bigint NOT NULL DEFAULT 1
);
INSERT INTO embedding_queue (movie_id) SELECT id FROM movies WHERE NOT deleted;

CREATE UNIQUE INDEX uq_jobs_embedding_unfinished ON jobs (kind)
    WHERE kind = 'embedding' AND state IN ('queued', 'running');
"""


def upgrade() -> None:
    op.execute(HAS_VECTOR)
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
