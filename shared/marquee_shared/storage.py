"""Files that outlive a process: pictures, exports, model artifacts.

`STORAGE_URL` says where: nothing for a folder under `DATA_DIR`, or an address that obstore
understands (`s3://bucket/prefix` with the usual `AWS_*` variables; so for several replicas).
A name is `folder/…/file`; a file is written whole or not at all, and never changed.
"""

from collections.abc import AsyncIterator
from typing import Final

import obstore
from fastapi.responses import Response, StreamingResponse
from obstore.store import LocalStore, ObjectStore, from_url

from marquee_shared.problems import NotFound
from marquee_shared.settings import ServiceSettings

IMMUTABLE: Final = "public, max-age=31536000, immutable"


class FileNotFound(NotFound):
    """404: no such stored file, or no longer."""

    code = "file_not_found"
    words = {  # noqa: RUF012 - declared in the base class
        "en": "There is no such file.",
        "es": "No existe ese archivo.",
        "fr": "Ce fichier n'existe pas.",
        "de": "Diese Datei gibt es nicht.",
    }


def open_store(settings: ServiceSettings, folder: str) -> ObjectStore:
    """Return the store whose names begin below `folder`; one per process and folder is enough."""
    if settings.storage_url:
        return from_url(f"{settings.storage_url}/{folder}")
    path = settings.data_dir.absolute() / "files" / folder
    return LocalStore(path, mkdir=True)


async def read_file(store: ObjectStore, name: str) -> bytes:
    """Return a whole small file.

    Raises:
        FileNotFound: There is none of that name.
    """
    try:
        found = await obstore.get_async(store, name)
        return bytes(await found.bytes_async())
    except FileNotFoundError as error:
        raise FileNotFound from error


async def file_response(
    store: ObjectStore, name: str, media_type: str, *, download_as: str | None = None
) -> Response:
    """Answer with a stored file, in pieces, never interpreted as anything but its type.

    A picture's name holds its content's digest, so it may be kept for ever; with `download_as`
    it is somebody's own file instead: saved under that name and kept by nobody on the way.

    Raises:
        FileNotFound: There is none of that name.
    """
    try:
        found = await obstore.get_async(store, name)
    except FileNotFoundError as error:
        raise FileNotFound from error
    headers = {
        "Content-Length": str(found.meta["size"]),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    if download_as is None:
        headers |= {
            "Cache-Control": IMMUTABLE,
            "ETag": f'"{name.replace("/", "-")}"',
            "Content-Disposition": "inline",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
    else:
        headers |= {
            "Cache-Control": "private, no-store",
            "Content-Disposition": f'attachment; filename="{download_as}"',
        }

    async def pieces() -> AsyncIterator[bytes]:
        async for piece in found.stream():
            yield bytes(piece)

    return StreamingResponse(pieces(), media_type=media_type, headers=headers)
