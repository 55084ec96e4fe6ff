"""The nightly removal of pictures that nothing shows any more.

A replaced picture stays for `GRACE`, so that whoever still holds a page or an event with its
address finds it. What is removed is looked at again under a lock that every upload shares, and
only files that were not written anew since: the same picture may come back at any moment.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import obstore
from obstore.store import ObjectStore

from marquee_catalog.covers import repository
from marquee_catalog.covers.pictures import PICTURES, picture_url, pictures_store
from marquee_shared.service import Context

GRACE: Final = timedelta(days=7)
BATCH: Final = 100
"""Pictures removed in one transaction, while uploads wait."""


async def _kept(store: ObjectStore) -> dict[str, datetime]:
    """Return when each picture was written last, by its digest."""
    written: dict[str, datetime] = {}
    async for files in obstore.list(store):
        for file in files:
            digest = file["path"].partition("/")[0]
            at = file["last_modified"]
            written[digest] = max(at, written.get(digest, at))
    return written


async def remove_unused_pictures(context: Context[Any]) -> dict[str, int]:
    """Remove the files of pictures that no film and no person has shown for a week."""
    store = pictures_store(context)
    before = datetime.now(UTC) - GRACE
    kept = await _kept(store)
    async with context.database.transaction() as session:
        shown = await repository.read_shown(session, PICTURES)
        unused = [digest for digest in kept if picture_url(digest) not in shown]
        due = await repository.note_unused(session, unused, before)
    removed = 0
    for start in range(0, len(due), BATCH):
        batch = due[start : start + BATCH]
        async with context.database.transaction() as session:
            await repository.claim_pictures(session)
            shown = await repository.read_shown(session, PICTURES)
            gone = [digest for digest in batch if picture_url(digest) not in shown]
            gone = [digest for digest in gone if await _remove(store, digest, before)]
            await repository.forget_unused(session, gone)
        removed += len(gone)
    return {"pictures": len(kept), "unused": len(unused), "removed": removed}


async def _remove(store: ObjectStore, digest: str, before: datetime) -> bool:
    """Remove a picture's files unless one was written since; return whether they went."""
    files = [file async for some in obstore.list(store, prefix=f"{digest}/") for file in some]
    if any(file["last_modified"] >= before for file in files):
        return False
    await obstore.delete_async(store, [file["path"] for file in files])
    return True
