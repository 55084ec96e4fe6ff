"""The rules of avatars."""

import hashlib
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import obstore
from obstore.store import ObjectStore

from marquee_identity.avatars import repository
from marquee_identity.users.models import User
from marquee_identity.users.service import lock_me, tell_update
from marquee_shared.conditional import Preconditions
from marquee_shared.database import WriteSession
from marquee_shared.images import render_picture, store_picture
from marquee_shared.service import Context
from marquee_shared.storage import open_store

WIDTHS: Final = (64, 160, 400)
SHOWN: Final = "160.webp"
FOLDER: Final = "avatars"


def avatars_store(context: Context[Any]) -> ObjectStore:
    """Return the store of this process's avatars."""
    store: ObjectStore | None = context.state.get(FOLDER)
    if store is None:
        store = context.state[FOLDER] = open_store(context.settings, FOLDER)
    return store


async def keep_avatar(store: ObjectStore, user_id: UUID, data: bytes) -> str:
    """Draw a picture anew in every size, keep it, and return its address.

    The member is part of the digest: two who upload the same picture have one each, so that
    either can be deleted.

    Raises:
        UnsupportedImage: it is of another kind.
        ImageTooLarge: it has too many pixels.
        BrokenImage: it cannot be decoded.
    """
    picture = await render_picture(data, WIDTHS, square=True)
    own = hashlib.sha256(user_id.bytes + picture.digest.encode()).hexdigest()[:40]
    digest = await store_picture(store, replace(picture, digest=own))
    return f"/v1/avatars/{digest}/{SHOWN}"


async def set_avatar(
    session: WriteSession, user_id: UUID, url: str | None, preconditions: Preconditions
) -> User:
    """Show a picture of a member, or none, and tell of it."""
    user = await lock_me(session, user_id)
    preconditions.require(user.revision)
    if user.avatar_url != url:
        if user.avatar_url is not None:
            await repository.discard(session, user.avatar_url)
        user.avatar_url = url
        await tell_update(session, user)
    preconditions.answered(user.revision)
    return user


async def delete_discarded(context: Context[Any]) -> None:
    """Delete the files of pictures that nobody shows any more."""
    store = avatars_store(context)
    async with context.database.transaction() as session:
        for digest in await repository.take_discarded(session):
            async for files in obstore.list(store, prefix=f"{digest}/"):
                for file in files:
                    await obstore.delete_async(store, file["path"])
