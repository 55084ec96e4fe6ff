"""Alembic runs the migrations of this service by this."""

from marquee_recommender.tables import SCHEMA, metadata
from marquee_shared.migrations import run_environment

run_environment(SCHEMA, metadata)
