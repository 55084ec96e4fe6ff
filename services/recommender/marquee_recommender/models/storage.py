"""Artifacts beyond this machine: copied to the object store that `STORAGE_URL` names.

Each process serves from its own memory-mapped copy under `DATA_DIR`. The manifest is written
last and fetched first, so a version without one does not exist yet. Without a store the folders
under `DATA_DIR` are all there is.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from marquee_recommender.engine import ArtifactInvalid
from marquee_recommender.engine.artifact import MANIFEST, read_manifest
from marquee_recommender.models.artifacts import FETCHING, sync_folder, sync_names
from marquee_recommender.settings import RecommenderSettings
from marquee_shared.problems import Unavailable
from marquee_shared.storage import open_store

FOLDER = "models"
OUT_OF_REACH = (BaseError, OSError)


def open_artifacts(settings: RecommenderSettings) -> ObjectStore | None:
    """Return the store of artifacts, None where this machine's disk is the only place."""
    return open_store(settings, FOLDER) if settings.storage_url else None


@asynccontextmanager
async def _reached() -> AsyncIterator[None]:
    try:
        yield
    except OUT_OF_REACH as error:
        raise Unavailable from error


async def upload(store: ObjectStore, folder: Path, version: str) -> None:
    """Copy a finished artifact to the store.

    Raises:
        Unavailable: the store is full or gone; without its manifest the copy does not count.
    """
    async with _reached():
        for name in [*read_manifest(folder)["files"], MANIFEST]:
            await obstore.put_async(store, f"{version}/{name}", folder / name)


async def fetch(store: ObjectStore, models_dir: Path, version: str) -> None:
    """Copy an artifact from the store into its folder, whole or not at all.

    Only files that its manifest names are fetched. Loading verifies them.

    Raises:
        ArtifactInvalid: the store has none, or cannot be reached.
    """
    workspace = models_dir / f"{FETCHING}{version}-{os.getpid()}"
    shutil.rmtree(workspace, ignore_errors=True)
    await asyncio.to_thread(workspace.mkdir, parents=True)
    try:
        await _download(store, workspace, version, MANIFEST)
        for name in read_manifest(workspace)["files"]:
            if Path(name).name != name:
                raise ArtifactInvalid(f"{name!r} is no name of a file")
            await _download(store, workspace, version, name)
        sync_folder(workspace)
        workspace.rename(models_dir / version)
        sync_names(models_dir)
    except OUT_OF_REACH as error:
        if not (models_dir / version / MANIFEST).is_file():  # another process was quicker
            raise ArtifactInvalid(f"it cannot be fetched: {error}") from error
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


async def _download(store: ObjectStore, folder: Path, version: str, name: str) -> None:
    found = await obstore.get_async(store, f"{version}/{name}")
    with (folder / name).open("wb") as file:
        async for piece in found.stream():
            file.write(piece)


async def remove(store: ObjectStore, version: str) -> None:
    """Remove an artifact from the store, its manifest first; none is no error.

    Raises:
        Unavailable: the store cannot be reached.
    """
    async with _reached():
        names = [meta["path"] for page in store.list(version) for meta in page]
        manifest = f"{version}/{MANIFEST}"
        for name in sorted(names, key=lambda name: name != manifest):
            await obstore.delete_async(store, name)
