"""Writing CSV and ZIP piece by piece."""

import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guarded(value: Any) -> str:
    """Return a cell that no spreadsheet takes for a formula; `imports.files.plain` undoes it."""
    cell = "" if value is None else str(value)
    return f"'{cell}" if _FORMULA.match(cell) else cell


def csv_lines(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as CSV."""
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerows(
        [guarded(cell) for cell in row] for row in rows
    )
    return written.getvalue().encode()


class _Sink(io.RawIOBase):
    """What has been written since it was last asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def drain(self) -> bytes:
        found = bytes(self._written)
        self._written.clear()
        return found


async def archive(files: Mapping[str, AsyncIterator[bytes]]) -> AsyncIterator[bytes]:
    """Yield a ZIP archive of these files as they come."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as written:
        for name, pieces in files.items():
            with written.open(name, "w") as file:
                async for piece in pieces:
                    file.write(piece)
                    yield sink.drain()
    yield sink.drain()
