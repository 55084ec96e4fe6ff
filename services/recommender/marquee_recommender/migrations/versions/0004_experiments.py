"""Experiments, who was shown what, who keeps out, and what members clicked and watched."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE experiments (
    key text CONSTRAINT pk_experiments PRIMARY KEY,
    description text NOT NULL,
    salt text NOT NULL,
    state text NOT NULL DEFAULT 'draft' CONSTRAINT ck_experiments_state
        CHECK (state IN ('draft', 'running', 'paused', 'ended')),
    ramp double precision NOT NULL,
    variants jsonb NOT NULL,
    metric text NOT NULL,
    window_hours integer NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at timestamptz
);
CREATE UNIQUE INDEX uq_experiments_running ON experiments (state) WHERE state = 'running';

CREATE TABLE experiment_exposures (
    experiment text NOT NULL,
    user_id uuid NOT NULL,
    variant text NOT NULL,
    shown bigint NOT NULL DEFAULT 1,
    first_at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_experiment_exposures PRIMARY KEY (experiment, user_id)
);
CREATE INDEX ix_experiment_exposures_user_id ON experiment_exposures (user_id);

CREATE TABLE experiment_opt_outs (
    user_id uuid CONSTRAINT pk_experiment_opt_outs PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE experiment_watches (
    user_id uuid NOT NULL,
    movie_id bigint NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT pk_experiment_watches PRIMARY KEY (user_id, movie_id, at)
);

CREATE TABLE recommendation_events (
    user_id uuid NOT NULL,
    request_id text NOT NULL,
    movie_id bigint NOT NULL,
    type text NOT NULL CONSTRAINT ck_recommendation_events_type
        CHECK (type IN ('impression', 'click')),
    position integer,
    at timestamptz NOT NULL,
    CONSTRAINT pk_recommendation_events PRIMARY KEY (user_id, request_id, movie_id, type)
);
CREATE INDEX ix_recommendation_events_at ON recommendation_events (at);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
