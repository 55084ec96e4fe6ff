"""Alembic's entry: identity's schema."""

from marquee_identity.app import SERVICE
from marquee_shared.migrations import run_environment

run_environment(SERVICE.name, SERVICE.metadata)
