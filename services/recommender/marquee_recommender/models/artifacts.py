"""Artifacts on disk: a folder per version, moved into place whole or not at all."""

import os
import re
import secrets
import shutil
import time
from collections.abc import Container
from datetime import UTC, datetime
from pathlib import Path

VERSION = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
WORKSPACE = ".training-"
FETCHING = ".fetching-"
FORGOTTEN_SECONDS = 86_400


def new_version() -> str:
    """Return a version that sorts by time, such as `20261120-141500-9f3a`."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def sync_folder(folder: Path) -> None:
    """Bring a folder and the files in it to the disk."""
    for path in [*folder.iterdir(), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def install(built: Path, models_dir: Path, version: str) -> int:
    """Move a finished, synced artifact to its place; return its size in bytes."""
    size = sum(path.stat().st_size for path in built.iterdir())
    built.rename(models_dir / version)
    sync_names(models_dir)
    return size


def sync_names(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_unknown(models_dir: Path, known: Container[str]) -> list[str]:
    """Remove what a killed training left: workspaces, and artifacts that no row speaks of.

    Only one training runs at a time and it calls this before it begins, so none is in use. What
    another process began to fetch goes when it has not moved for a day.
    """
    removed = []
    for path in models_dir.iterdir() if models_dir.is_dir() else ():
        left = path.name.startswith(WORKSPACE) or (
            path.name.startswith(FETCHING)
            and path.stat().st_mtime < time.time() - FORGOTTEN_SECONDS
        )
        if left or (VERSION.fullmatch(path.name) and path.name not in known):
            shutil.rmtree(path)
            removed.append(path.name)
    return removed
