"""The tables every service has for its events, jobs and idempotent requests.

`create_v1` is called by each service's first migration and never changes once released; a
later change is a `create_v2` and a new migration. The SQLAlchemy tables below describe the
same, for `alembic check` and for queries.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB


def add_shared_tables(metadata: MetaData) -> None:
    """Describe the shared tables in a service's metadata."""
    now = func.now()
    Table(
        "outbox",
        metadata,
        Column("seq", BigInteger, Identity(always=True), primary_key=True),
        Column("created_at", DateTime(timezone=True), server_default=now, primary_key=True),
        Column("id", Uuid, nullable=False),
        Column("stream", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("revision", BigInteger, nullable=False),
        Column("traceparent", Text),
        Column("data", Text, nullable=False),
        Column("batch_no", BigInteger),
        Column("published_at", DateTime(timezone=True)),
        Index("ix_outbox_unpublished", "seq", postgresql_where=text("batch_no IS NULL")),
        Index(
            "ix_outbox_unmarked",
            "seq",
            postgresql_where=text("batch_no IS NOT NULL AND published_at IS NULL"),
        ),
        Index("ix_outbox_stream_batch_no", "stream", "batch_no"),
        postgresql_partition_by="RANGE (created_at)",
    )
    Table(
        "relay_state",
        metadata,
        Column("id", SmallInteger, primary_key=True, autoincrement=False),
        Column("epoch", BigInteger, nullable=False, server_default=text("1")),
        Column("batch_no", BigInteger, nullable=False, server_default=text("0")),
    )
    Table(
        "inbox",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column("received_at", DateTime(timezone=True), nullable=False, server_default=now),
        Index("ix_inbox_received_at", "received_at", postgresql_using="brin"),
    )
    Table(
        "dead_letters",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("consumer", Text, nullable=False),
        Column("stream", Text, nullable=False),
        Column("entry_id", Text, nullable=False),
        Column("event", Text, nullable=False),
        Column("error", Text, nullable=False),
        Column("deliveries", Integer, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=now),
        Column("replayed_at", DateTime(timezone=True)),
        Index(
            "ix_dead_letters_entry", "consumer", "stream", "entry_id", "created_at", unique=False
        ),
    )
    Table(
        "jobs",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("state", Text, nullable=False, server_default=text("'queued'")),
        Column("parameters", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
        Column("done", BigInteger, nullable=False, server_default=text("0")),
        Column("total", BigInteger),
        Column("result", JSONB),
        Column("error", Text),
        Column("attempts", Integer, nullable=False, server_default=text("0")),
        Column("requested_by", Uuid),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=now),
        Column("started_at", DateTime(timezone=True)),
        Column("finished_at", DateTime(timezone=True)),
        Index("ix_jobs_kind_created_at", "kind", text("created_at DESC")),
        Index(
            "ix_jobs_unfinished",
            "created_at",
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
    )
    Table(
        "idempotency_keys",
        metadata,
        Column("key_hash", LargeBinary, primary_key=True),
        Column("request_hash", LargeBinary, nullable=False),
        Column("status", SmallInteger, nullable=False),
        Column("answer", LargeBinary, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=now),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )


CREATE_V1 = """
CREATE TABLE outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    created_at timestamptz NOT NULL DEFAULT now(),
    id uuid NOT NULL,
    stream text NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    revision bigint NOT NULL,
    traceparent text,
    data text NOT NULL,
    batch_no bigint,
    published_at timestamptz,
    CONSTRAINT pk_outbox PRIMARY KEY (seq, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;
CREATE INDEX ix_outbox_unpublished ON outbox (seq) WHERE batch_no IS NULL;
CREATE INDEX ix_outbox_unmarked ON outbox (seq)
    WHERE batch_no IS NOT NULL AND published_at IS NULL;
CREATE INDEX ix_outbox_stream_batch_no ON outbox (stream, batch_no);

CREATE TABLE relay_state (
    id smallint CONSTRAINT pk_relay_state PRIMARY KEY CONSTRAINT ck_relay_state_one CHECK (id = 1),
    epoch bigint NOT NULL DEFAULT 1,
    batch_no bigint NOT NULL DEFAULT 0
);
INSERT INTO relay_state (id) VALUES (1);

CREATE TABLE inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_inbox PRIMARY KEY (consumer, event_id)
);
CREATE INDEX ix_inbox_received_at ON inbox USING brin (received_at);

CREATE TABLE dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_dead_letters PRIMARY KEY,
    consumer text NOT NULL,
    stream text NOT NULL,
    entry_id text NOT NULL,
    event text NOT NULL,
    error text NOT NULL,
    deliveries integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    replayed_at timestamptz
);
CREATE INDEX ix_dead_letters_entry ON dead_letters (consumer, stream, entry_id, created_at);

CREATE TABLE jobs (
    id uuid CONSTRAINT pk_jobs PRIMARY KEY,
    kind text NOT NULL,
    state text NOT NULL DEFAULT 'queued'
        CONSTRAINT ck_jobs_state
        CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    parameters jsonb NOT NULL DEFAULT '{}'::jsonb,
    done bigint NOT NULL DEFAULT 0,
    total bigint,
    result jsonb,
    error text,
    attempts integer NOT NULL DEFAULT 0,
    requested_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX ix_jobs_kind_created_at ON jobs (kind, created_at DESC);
CREATE INDEX ix_jobs_unfinished ON jobs (created_at) WHERE state IN ('queued', 'running');

CREATE TABLE idempotency_keys (
    key_hash bytea CONSTRAINT pk_idempotency_keys PRIMARY KEY,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    answer bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
"""
