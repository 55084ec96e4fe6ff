"""Runs the catalog's migrations."""

from marquee_catalog.app import SERVICE
from marquee_shared.migrations import run_environment

run_environment(SERVICE.name, SERVICE.metadata)
