"""argon2id in a few threads of its own.

The C code of argon2 lets go of the interpreter lock, so the event loop goes on answering while
the threads work; what they cannot keep up with waits in a bounded queue, and more is refused.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from marquee_shared.problems import Unavailable

ResultT = TypeVar("ResultT")

HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's floor: 19 MiB, two passes, one lane; `needs_rehash` follows when it is raised."""

NOBODY: Final = HASHER.hash("the password of an account that does not exist")
"""What a password is compared with where there is no account, so that it takes as long."""


class PasswordHashing:
    """Hashes and compares passwords in `workers` threads; `waiting` more may queue."""

    def __init__(self, workers: int, waiting: int) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="passwords")
        self._most = workers + waiting
        self._running = 0

    async def run(self, work: Callable[[], ResultT]) -> ResultT:
        """Run blocking work on the threads.

        Raises:
            Unavailable: the queue is full.
        """
        if self._running >= self._most:
            raise Unavailable
        self._running += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._running -= 1

    async def hash(self, password: str) -> str:
        """Return the encoded argon2id hash."""
        return await self.run(lambda: HASHER.hash(_normal(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is the stored one; takes as long when nothing is stored."""
        return await self.run(lambda: _matches(stored or NOBODY, password) and stored is not None)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _normal(password: str) -> str:
    """Return the same characters however a keyboard composes them."""
    return unicodedata.normalize("NFC", password)


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return HASHER.check_needs_rehash(stored)
