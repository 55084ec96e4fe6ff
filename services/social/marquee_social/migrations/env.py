"""Alembic on the social schema."""

from marquee_shared.migrations import run_environment
from marquee_social.models import metadata

run_environment("social", metadata)
