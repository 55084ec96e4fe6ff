"""Opens the folder, the archive or the single file that a data set comes in.

An archive is never unpacked to disk: its members are read in a stream, by the names we know.
One with entries that point outside itself, or that would unpack to more than the limits, is
refused as a whole.
"""

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from marquee_catalog.imports.errors import UnreadableDataset

BLOCK = 1 << 20
MOST_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may unpack to, in bytes and in times its own size."""

    bytes: int
    ratio: int


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a data set; `open` starts a new reading from its beginning."""

    name: str
    open: Callable[[], IO[bytes]]

    def blocks(self) -> Iterator[bytes]:
        """Yield whole lines, about a megabyte at a time."""
        with self.open() as file:
            while block := file.read(BLOCK):
                yield block + file.readline(BLOCK)

    def count_lines(self) -> int:
        """Return how many lines the file has."""
        return sum(block.count(b"\n") for block in self.blocks())


Dataset = dict[str, DataFile]
"""Files by their lower-case name without folders: `ratings.csv`."""


def _open(path: Path) -> IO[bytes]:
    return path.open("rb")


def _folder(path: Path) -> Dataset:
    inner = [path, *sorted(child for child in path.iterdir() if child.is_dir())]
    for folder in inner:
        files = {
            child.name.lower(): DataFile(child.name, partial(_open, child))
            for child in sorted(folder.iterdir())
            if child.is_file()
        }
        if any(name.endswith((".csv", ".dat", "u.item", "u.data")) for name in files):
            return files
    return {}


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = PurePosixPath(entry.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in entry.filename:
        raise UnreadableDataset(f"the archive has an entry outside itself: {entry.filename!r}")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnreadableDataset(f"the archive has a link in it: {entry.filename!r}")
    if entry.flag_bits & 0x1:
        raise UnreadableDataset("the archive is encrypted")


def _archive(path: Path, archive: zipfile.ZipFile, limits: Limits) -> Dataset:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise UnreadableDataset(f"the archive has more than {MOST_ENTRIES} entries")
    for entry in entries:
        _check_entry(entry)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.bytes:
        raise UnreadableDataset(f"the archive would unpack to more than {limits.bytes} bytes")
    if unpacked > BLOCK and unpacked > limits.ratio * max(1, path.stat().st_size):
        raise UnreadableDataset("the archive would unpack to far more than is plausible")
    return {
        PurePosixPath(entry.filename).name.lower(): DataFile(
            entry.filename, partial(archive.open, entry)
        )
        for entry in entries
        if not entry.is_dir() and not PurePosixPath(entry.filename).name.startswith(".")
    }


@contextmanager
def open_dataset(path: Path, limits: Limits, *, name: str | None = None) -> Iterator[Dataset]:
    """Open a folder, a ZIP archive or one file; `name` is what an uploaded file was called.

    Raises:
        UnreadableDataset: nothing there, or an archive that is broken or refused.
    """
    if path.is_dir():
        yield _folder(path)
        return
    if not path.is_file():
        raise UnreadableDataset(f"there is no file or folder {path}")
    if not zipfile.is_zipfile(path):
        called = PurePosixPath((name or path.name).replace("\\", "/")).name.lower()
        yield {called: DataFile(called, partial(_open, path))}
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield _archive(path, archive, limits)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise UnreadableDataset(f"the archive is broken: {error}") from error
