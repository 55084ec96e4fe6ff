"""Where pictures are kept, in which sizes, and how they come in from other sites."""

import asyncio
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from obstore.store import ObjectStore

from marquee_catalog.covers.errors import PictureNotFetched
from marquee_shared.images import BYTE_LIMIT, Picture, render_picture, store_picture
from marquee_shared.service import Context
from marquee_shared.storage import open_store

WIDTHS: Final = (154, 342, 500, 780)
SHOWN: Final = "500.webp"
"""What `cover_url` and `portrait_url` name; the others stand beside it."""

PICTURES: Final = "/v1/pictures/"

ALLOWED_HOSTS: Final = frozenset({"image.tmdb.org"})
FETCH_SECONDS: Final = 15.0


def pictures_store(context: Context[Any]) -> ObjectStore:
    """Return the store of this process's pictures."""
    store: ObjectStore | None = context.state.get("pictures")
    if store is None:
        store = context.state["pictures"] = open_store(context.settings, "pictures")
    return store


def picture_url(digest: str) -> str:
    """Return the address of a picture; like every address in an answer, from the API's root."""
    return f"{PICTURES}{digest}/{SHOWN}"


async def keep_picture(store: ObjectStore, data: bytes) -> str:
    """Draw a picture anew in every size, keep it, and return its address.

    Raises:
        UnsupportedImage: it is of another kind.
        ImageTooLarge: it has too many pixels.
        BrokenImage: it cannot be decoded.
    """
    picture: Picture = await render_picture(data, WIDTHS)
    return picture_url(await store_picture(store, picture))


async def fetch_picture(url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> bytes:
    """Return a picture of a site we trust: https, a known host, no redirect, bounded in size, time.

    Raises:
        PictureNotFetched: the address is not such a one, or no such answer came.
    """
    parts = urlsplit(url)
    if (
        parts.scheme != "https"
        or parts.hostname not in ALLOWED_HOSTS
        or parts.netloc != parts.hostname
    ):
        raise PictureNotFetched(reason="the address is not one of a site that pictures come from")
    # Compressed answers are not asked for: a small one could unpack to any size.
    headers = {"Accept": "image/*", "Accept-Encoding": "identity"}
    try:
        async with (
            asyncio.timeout(FETCH_SECONDS),
            httpx.AsyncClient(transport=transport, follow_redirects=False) as client,
            client.stream("GET", url, headers=headers) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise PictureNotFetched(reason=f"the site answered {answer.status_code}")
            if "content-encoding" in answer.headers:
                raise PictureNotFetched(reason="the site answered in an encoding not asked for")
            pieces = bytearray()
            async for piece in answer.aiter_raw():
                pieces += piece
                if len(pieces) > BYTE_LIMIT:
                    raise PictureNotFetched(reason="it is larger than 10 MB")
            return bytes(pieces)
    except TimeoutError as error:
        raise PictureNotFetched(reason="it took too long") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PictureNotFetched(reason="the site could not be reached") from error


async def bring_picture(
    store: ObjectStore, url: str, *, transport: httpx.AsyncBaseTransport | None = None
) -> str:
    """Fetch another site's picture, keep it as ours, and return its address here.

    Raises:
        PictureNotFetched: it could not be had.
        UnsupportedImage, ImageTooLarge, BrokenImage: it is no picture that we keep.
    """
    return await keep_picture(store, await fetch_picture(url, transport=transport))
