"""Opens what was uploaded: one file or an archive, in memory, by the names that are known.

Nothing of an archive is ever written to disk, and what an entry unpacks to is counted while it
is read: what its header says of its size is not believed.
"""

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final

import orjson

from marquee_social.imports.errors import UnreadableFileError

MOST_UNPACKED: Final = 50_000_000
MOST_RATIO: Final = 200
MOST_ENTRIES: Final = 500
BLOCK: Final = 1 << 16
KNOWN_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_FORMULA = re.compile(r"'+[=+\-@\t\r]")


def read_upload(uploaded: IO[bytes]) -> bytes:
    """Return what was uploaded; the service's limit for bodies has bounded it.

    Raises:
        UnreadableFileError: it is empty.
    """
    content = uploaded.read()
    if not content:
        raise UnreadableFileError("empty", "The file is empty.")
    return content


def is_archive(content: bytes) -> bool:
    """Whether this begins as a ZIP archive does."""
    return content.startswith(b"PK")


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> bytes:
    found = bytearray()
    with archive.open(entry) as file:
        while block := file.read(BLOCK):
            found += block
            if len(found) > room or len(found) > BLOCK + MOST_RATIO * entry.compress_size:
                raise UnreadableFileError("too_large", "The archive unpacks to far too much.")
    return bytes(found)


def unpack(content: bytes, wanted: frozenset[str]) -> dict[str, bytes]:
    """Return the wanted files of an archive by their path in it, lower case.

    A path may stand in one folder more, as archives made by hand have it.

    Raises:
        UnreadableFileError: it is broken, encrypted, has a path that leads outside, or too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise UnreadableFileError("too_large", "The archive has too many entries.")
            files: dict[str, bytes] = {}
            room = MOST_UNPACKED
            for entry in entries:
                path = entry.filename.replace("\\", "/")
                parts = path.split("/")
                if path.startswith("/") or ".." in parts or ":" in path:
                    raise UnreadableFileError(
                        "unsafe_path", "The archive has a path that leads out of it."
                    )
                if entry.flag_bits & 0x1:
                    raise UnreadableFileError("encrypted", "The archive is encrypted.")
                name = path.lower()
                inner = "/".join(parts[1:]).lower()
                found = name if name in wanted else inner if inner in wanted else None
                if found is not None and entry.compress_type not in KNOWN_METHODS:
                    raise UnreadableFileError(
                        "broken_archive", "The archive is packed in an unusual way."
                    )
                if found is not None and found not in files:
                    files[found] = _read_entry(archive, entry, room)
                    room -= len(files[found])
            return files
    except (
        zipfile.BadZipFile, zlib.error, struct.error, ValueError, RuntimeError, EOFError, OSError,
    ) as error:  # fmt: skip
        raise UnreadableFileError("broken_archive", "The archive is broken.") from error


def decode(content: bytes, name: str) -> str:
    """Return a file's text: UTF-8 with or without its mark, else Latin-1.

    Raises:
        UnreadableFileError: it is neither.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if _CONTROLS.search(text):
        raise UnreadableFileError("unknown_encoding", f"{name} is neither UTF-8 nor Latin-1.")
    return text


def plain(cell: str) -> str:
    """Return a cell without the mark that keeps it from being taken for a formula."""
    return cell[1:] if _FORMULA.match(cell) else cell


def read_csv(content: bytes, name: str, columns: frozenset[str]) -> Iterator[Mapping[str, str]]:
    """Yield the rows of a CSV file by their column's name in lower case.

    Raises:
        UnreadableFileError: no CSV, or it lacks one of `columns`.
    """
    reader = csv.reader(io.StringIO(decode(content, name), newline=""), strict=True)
    try:
        head = [cell.strip().lower() for cell in next(reader, [])]
        if missing := sorted(columns - set(head)):
            raise UnreadableFileError(
                "columns_missing", f"{name} has no column {', '.join(missing)}."
            )
        for cells in reader:
            if cells:
                row = dict.fromkeys(head, "")
                row.update(zip(head, map(plain, cells), strict=False))
                yield row
    except csv.Error as error:
        raise UnreadableFileError(
            "broken_csv", f"{name} is broken CSV near line {reader.line_num}."
        ) from error


def read_json(content: bytes, name: str) -> Any:
    """Return what a JSON file holds.

    Raises:
        UnreadableFileError: it is no JSON.
    """
    try:
        return orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise UnreadableFileError("broken_json", f"{name} is not JSON: {error}") from error
