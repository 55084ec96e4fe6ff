"""The archive of an export, written into the store while it is made, however large it gets."""

import zipfile
from collections.abc import AsyncIterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from obstore import AsyncWritableFile  # exists for type checkers alone

PIECE_BYTES: Final = 1_000_000


class _Pipe:
    """What `zipfile` writes to: keeps what the store has not been given yet."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def write(self, data: bytes) -> int:
        self.waiting += data
        return len(data)

    def flush(self) -> None:
        """Nothing to do: `Archive` passes on what waits."""


class Archive:
    """A ZIP of JSON files that is never in memory as a whole."""

    def __init__(self, file: "AsyncWritableFile") -> None:
        self._file = file
        self._pipe = _Pipe()
        self._zip = zipfile.ZipFile(self._pipe, "w", zipfile.ZIP_DEFLATED)  # type: ignore[call-overload]
        self.bytes = 0

    async def add_rows(self, name: str, lines: AsyncIterable[bytes]) -> int:
        """Add a file that is an array of the JSON values given line by line; return how many."""
        count = 0
        with self._zip.open(name, "w", force_zip64=True) as entry:
            entry.write(b"[")
            async for line in lines:
                entry.write(b",\n" if count else b"\n")
                entry.write(line)
                count += 1
                await self._pass_on(PIECE_BYTES)
            entry.write(b"\n]\n" if count else b"]\n")
        await self._pass_on(0)
        return count

    async def finish(self, manifest: Mapping[str, Any]) -> int:
        """Add the manifest, end the archive and return its size in bytes."""
        self._zip.writestr("manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        self._zip.close()
        await self._pass_on(0)
        return self.bytes

    async def _pass_on(self, more_than: int) -> None:
        if len(self._pipe.waiting) > more_than:
            self.bytes += len(self._pipe.waiting)
            await self._file.write(bytes(self._pipe.waiting))
            self._pipe.waiting.clear()
