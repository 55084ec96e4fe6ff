"""The recommender's tables: replicas that events fill, the registry, the training state.

Replicas hold what the last event of each aggregate said, with its (epoch, revision); what was
deleted stays as a row that says so.
"""

from typing import Any

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from marquee_shared.database import new_metadata
from marquee_shared.outbox.tables import add_shared_tables

SCHEMA = "recommender"

metadata = new_metadata(SCHEMA)
add_shared_tables(metadata)

_NO_OBJECTS = text("'[]'::jsonb")
_NOTHING = text("'{}'::jsonb")
_FALSE = text("false")

movies = Table(
    "movies",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("slug", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("titles", JSONB, nullable=False, server_default=_NOTHING),
    Column("synopsis", Text),
    Column("year", Integer),
    Column("release_date", Date),
    Column("runtime", Integer),
    Column("status", Text, nullable=False),
    Column("cover_url", Text),
    Column("popularity", Double, nullable=False, server_default=text("0")),
    Column("languages", JSONB, nullable=False, server_default=_NO_OBJECTS),
    Column("countries", JSONB, nullable=False, server_default=_NO_OBJECTS),
    Column("genres", JSONB, nullable=False, server_default=_NO_OBJECTS),
    Column("tags", JSONB, nullable=False, server_default=_NO_OBJECTS),
    Column("credits", JSONB, nullable=False, server_default=_NO_OBJECTS),
    Column("platforms", JSONB, nullable=False, server_default=_NO_OBJECTS),
    Column("epoch", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("deleted", Boolean, nullable=False, server_default=_FALSE),
)

encoders = Table(
    "encoders",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("dimensions", Integer, nullable=False),
    Column("state", LargeBinary),
    Column("films", Integer, nullable=False),
    Column("taken", Integer, nullable=False, server_default=text("0")),
    Column("active", Boolean, nullable=False, server_default=_FALSE),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("dimensions BETWEEN 1 AND 2000", name="dimensions"),
    Index("uq_encoders_name", "name", unique=True),
    Index("uq_encoders_active", "active", unique=True, postgresql_where=text("active")),
)

movie_embeddings = Table(
    "movie_embeddings",
    metadata,
    Column(
        "encoder_id",
        Integer,
        ForeignKey(encoders.c.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("movie_id", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False),
    Column("embedding", VECTOR()),
)

embedding_queue = Table(
    "embedding_queue",
    metadata,
    Column("movie_id", BigInteger, primary_key=True, autoincrement=False),
    Column("mark", BigInteger, nullable=False, server_default=text("1")),
)

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("username", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("avatar_url", Text),
    Column("epoch", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("deleted", Boolean, nullable=False, server_default=_FALSE),
    Index("ix_users_username", text("lower(username)")),
)

interactions = Table(
    "interactions",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("movie_id", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("value", REAL),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("removed", Boolean, nullable=False, server_default=_FALSE),
    CheckConstraint("source IN ('rating', 'signal')", name="source"),
    CheckConstraint("kind IN ('rating', 'like', 'dislike', 'not_interested', 'seen')", name="kind"),
    CheckConstraint("removed OR (source = 'rating') = (value IS NOT NULL)", name="value"),
    Index("ix_interactions_at", "at", postgresql_where=text("NOT removed")),
    Index(
        "ix_interactions_favourites",
        "user_id",
        "movie_id",
        postgresql_include=["value", "at"],
        postgresql_where=text("source = 'rating' AND value >= 4 AND NOT removed"),
    ),
)


def _told(name: str, *contents: Column[Any] | CheckConstraint | Index) -> Table:
    """A replica of one row per key, with the version of what told it."""
    version = (
        Column("epoch", BigInteger, nullable=False),
        Column("revision", BigInteger, nullable=False),
    )
    return Table(name, metadata, *contents, *version)


tastes = _told(
    "tastes",
    Column("user_id", Uuid, primary_key=True),
    Column("genres", ARRAY(Text), nullable=False),
    Column("platforms", ARRAY(Text), nullable=False),
    Column("people", ARRAY(Text), nullable=False),
    Column("country", Text),
)

follows = _told(
    "follows",
    Column("user_id", Uuid, primary_key=True),
    Column("people", ARRAY(Text), nullable=False),
)

friendships = _told(
    "friendships",
    Column("low_id", Uuid, primary_key=True),
    Column("high_id", Uuid, primary_key=True),
    Column("friends", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint("low_id < high_id", name="order"),
    Index("ix_friendships_high", "high_id"),
)

blocks = _told(
    "blocks",
    Column("user_id", Uuid, primary_key=True),
    Column("blocked_id", Uuid, primary_key=True),
    Column("blocked", Boolean, nullable=False),
    Index("ix_blocks_blocked", "blocked_id"),
)

privacy = _told(
    "privacy",
    Column("user_id", Uuid, primary_key=True),
    Column("ratings", Text, nullable=False),
    CheckConstraint("ratings IN ('public', 'friends', 'private')", name="ratings"),
)

watches = _told(
    "watches",
    Column("user_id", Uuid, primary_key=True),
    Column("movie_id", BigInteger, primary_key=True, autoincrement=False),
    Column("progress", REAL),
    Column("completed", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_watches_movie", "movie_id"),
)

person_merges = Table(
    "person_merges",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("into_id", BigInteger, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid),
    Column("understood", JSONB, nullable=False),
    Column("shown", ARRAY(BigInteger), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("ix_conversations_user", "user_id"),
    Index("ix_conversations_expires", "expires_at"),
)

models = Table(
    "models",
    metadata,
    Column("version", Text, primary_key=True),
    Column("active", Boolean, nullable=False, server_default=_FALSE),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("engine", Text, nullable=False),
    Column("code_version", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("activated_at", DateTime(timezone=True)),
    Column("training_id", Uuid),
    Column("parameters", JSONB, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("metrics", JSONB, nullable=False),
    Column("gate", JSONB, nullable=False, server_default=_NOTHING),
    Column("drift", JSONB, nullable=False, server_default=_NOTHING),
    Column("trials", JSONB, nullable=False, server_default=_NO_OBJECTS),
    Column("checksum", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Index("uq_models_active", "active", unique=True, postgresql_where=text("active")),
)

training_state = Table(
    "training_state",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("changes", BigInteger, nullable=False, server_default=text("0")),
    Column("trained_changes", BigInteger, nullable=False, server_default=text("0")),
    CheckConstraint("id = 1", name="one"),
)

for _kind in ("training", "embedding"):
    Index(
        f"uq_jobs_{_kind}_unfinished",
        metadata.tables[f"{SCHEMA}.jobs"].c.kind,
        unique=True,
        postgresql_where=text(f"kind = '{_kind}' AND state IN ('queued', 'running')"),
    )

experiments = Table(
    "experiments",
    metadata,
    Column("key", Text, primary_key=True),
    Column("description", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'draft'")),
    Column("ramp", Double, nullable=False),
    Column("variants", JSONB, nullable=False),
    Column("metric", Text, nullable=False),
    Column("window_hours", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default=text("1")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('draft', 'running', 'paused', 'ended')", name="state"),
    Index(
        "uq_experiments_running", "state", unique=True, postgresql_where=text("state = 'running'")
    ),
)

experiment_exposures = Table(
    "experiment_exposures",
    metadata,
    Column("experiment", Text, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("variant", Text, nullable=False),
    Column("shown", BigInteger, nullable=False, server_default=text("1")),
    Column("first_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("last_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_experiment_exposures_user_id", "user_id"),
)

experiment_opt_outs = Table(
    "experiment_opt_outs",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

experiment_watches = Table(
    "experiment_watches",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("movie_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), primary_key=True),
)

recommendation_events = Table(
    "recommendation_events",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("movie_id", BigInteger, primary_key=True, autoincrement=False),
    Column("type", Text, primary_key=True),
    Column("position", Integer),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint("type IN ('impression', 'click')", name="type"),
    Index("ix_recommendation_events_at", "at"),
)
