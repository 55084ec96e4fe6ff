"""Replicas of films, members and interactions; the model registry; the training state."""

from alembic import op

from marquee_shared.migrations import create_shared_tables

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE movies (
    id bigint CONSTRAINT pk_movies PRIMARY KEY,
    slug text NOT NULL,
    title text NOT NULL,
    titles jsonb NOT NULL DEFAULT '{}'::jsonb,
    synopsis text,
    year integer,
    release_date date,
    status text NOT NULL,
    cover_url text,
    popularity double precision NOT NULL DEFAULT 0,
    languages jsonb NOT NULL DEFAULT '[]'::jsonb,
    countries jsonb NOT NULL DEFAULT '[]'::jsonb,
    genres jsonb NOT NULL DEFAULT '[]'::jsonb,
    tags jsonb NOT NULL DEFAULT '[]'::jsonb,
    credits jsonb NOT NULL DEFAULT '[]'::jsonb,
    platforms jsonb NOT NULL DEFAULT '[]'::jsonb,
    epoch bigint NOT NULL,
    revision bigint NOT NULL,
    deleted boolean NOT NULL DEFAULT false
);

CREATE TABLE users (
    id uuid CONSTRAINT pk_users PRIMARY KEY,
    username text NOT NULL,
    name text NOT NULL,
    epoch bigint NOT NULL,
    revision bigint NOT NULL,
    deleted boolean NOT NULL DEFAULT false
);
CREATE INDEX ix_users_username ON users (lower(username));

CREATE TABLE interactions (
    user_id uuid NOT NULL,
    movie_id bigint NOT NULL,
    source text NOT NULL,
    kind text NOT NULL,
    value real,
    at timestamptz NOT NULL,
    epoch bigint NOT NULL,
    revision bigint NOT NULL,
    removed boolean NOT NULL DEFAULT false,
    CONSTRAINT pk_interactions PRIMARY KEY (user_id, movie_id, source),
    CONSTRAINT ck_interactions_source CHECK (source IN ('rating', 'signal')),
    CONSTRAINT ck_interactions_kind
        CHECK (kind IN ('rating', 'like', 'dislike', 'not_interested', 'seen')),
    CONSTRAINT ck_interactions_value
        CHECK (removed OR (source = 'rating') = (value IS NOT NULL))
);
CREATE INDEX ix_interactions_at ON interactions (at) WHERE NOT removed;

CREATE TABLE models (
    version text CONSTRAINT pk_models PRIMARY KEY,
    active boolean NOT NULL DEFAULT false,
    revision bigint NOT NULL DEFAULT 0,
    engine text NOT NULL,
    code_version text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    activated_at timestamptz,
    training_id uuid,
    parameters jsonb NOT NULL,
    data jsonb NOT NULL,
    metrics jsonb NOT NULL,
    checksum text NOT NULL,
    bytes bigint NOT NULL
);
CREATE UNIQUE INDEX uq_models_active ON models (active) WHERE active;

CREATE TABLE training_state (
    id smallint CONSTRAINT pk_training_state PRIMARY KEY
        CONSTRAINT ck_training_state_one CHECK (id = 1),
    changes bigint NOT NULL DEFAULT 0,
    trained_changes bigint NOT NULL DEFAULT 0
);

CREATE UNIQUE INDEX uq_jobs_training_unfinished ON jobs (kind)
    WHERE kind = 'training' AND state IN ('queued', 'running');
"""


def upgrade() -> None:
    create_shared_tables(op)
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
