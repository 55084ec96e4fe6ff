"""A server's folder: locked while in use, with a short folder elsewhere for its sockets."""

import fcntl
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# A unix socket's path may have 107 bytes; ours are a folder of mkdtemp and a short name.
SOCKET_PATH_LIMIT = 107
LONGEST_SOCKET_NAME = len("/.s.PGSQL.5432.lock")


class FolderInUseError(RuntimeError):
    """Another living process holds the folder."""


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """Hold `folder` (made when missing) against other processes; yields its absolute path.

    The kernel drops the lock when its holder dies, so there is no stale one to recover.

    Raises:
        FolderInUseError: another process holds it; the message names its process id.
    """
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise FolderInUseError(f"{folder} is in use by process {holder}") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield folder
        lock.truncate(0)


@contextmanager
def socket_folder(folder: Path, user: str | None = None) -> Iterator[Path]:
    """A folder for sockets with a short path, whatever the depth of `folder`, until the block ends.

    It belongs to `user` (us, when not given) and nobody else may enter it. The link
    `folder/sockets` names it; one that a killed run left is used again.
    """
    link = folder / "sockets"
    owner = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    sockets = link.resolve()
    if not (link.is_symlink() and sockets.is_dir() and sockets.stat().st_uid == owner):
        link.unlink(missing_ok=True)
        sockets = Path(tempfile.mkdtemp(prefix="marquee-", dir=_short_parent()))
        os.chown(sockets, owner, -1)
        link.symlink_to(sockets)
    try:
        yield sockets
    finally:
        link.unlink(missing_ok=True)
        shutil.rmtree(sockets, ignore_errors=True)


def _short_parent() -> str:
    usual = tempfile.gettempdir()
    room = SOCKET_PATH_LIMIT - LONGEST_SOCKET_NAME - len("/marquee-12345678")
    return usual if len(os.fsencode(usual)) <= room else "/tmp"  # noqa: S108 - mkdtemp below it
