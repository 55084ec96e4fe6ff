"""A request body on its way from the client, held back while nobody reads it."""

import asyncio
from collections import deque
from typing import Final, Protocol

from marquee_gateway.problems import ContentTooLarge, RequestTimeout

HOLD: Final = 65_536
"""Bytes that may wait in memory; beyond it the client's socket is no longer read."""


class Source(Protocol):
    """The connection a body comes from."""

    def pause(self) -> None:
        """Stop reading from the client."""

    def proceed(self) -> None:
        """Read again."""

    def invite(self) -> None:
        """Send `100 Continue` where the client waits for it."""


class Body:
    """The body of one request: whole when it is small, else read piece by piece.

    Attributes:
        declared: `Content-Length`, None for a chunked body.
        complete: All of it has arrived.
        broken: The client has gone before the end.
        late: The client has not sent all of it in time.
        held: Bytes that wait in memory.
    """

    __slots__ = (
        "_limit",
        "_pieces",
        "_size",
        "_source",
        "_waiter",
        "broken",
        "complete",
        "declared",
        "held",
        "late",
    )

    def __init__(self, source: Source, declared: int | None, *, complete: bool = False) -> None:
        self.declared = declared
        self.complete = complete
        self.broken = False
        self.late = False
        self.held = 0
        self._source = source
        self._limit = 0
        self._size = 0
        self._pieces: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def limit(self, most: int) -> None:
        """Set how long the body may be.

        Raises:
            ContentTooLarge: it says it is longer, or already is.
        """
        self._limit = most
        if (self.declared or 0) > most or self._size > most:
            raise ContentTooLarge(limit=most)

    def feed(self, piece: bytes) -> None:
        """Take a piece from the parser."""
        self._size += len(piece)
        self.held += len(piece)
        self._pieces.append(piece)
        if self.held > HOLD:
            self._source.pause()
        self._wake()

    def finish(self) -> None:
        """Note that all has arrived."""
        self.complete = True
        self._wake()

    def abandon(self) -> None:
        """Note that the client has gone."""
        self.broken = not self.complete
        self._wake()

    def expire(self) -> None:
        """Note that the client has taken too long."""
        self.late = not self.complete
        self._wake()

    def drop(self) -> None:
        """Let go of what nobody has read: the request has been answered without it."""
        self._pieces.clear()
        self.held = 0

    async def gather(self) -> bytes | None:
        """Return the body when it all fits into memory, None when it must be read in pieces."""
        while not self._ended and self.held <= HOLD:
            await self._more()
        self._check()
        if not self.complete or self.held > 2 * HOLD:
            return None
        whole = b"".join(self._pieces)
        self._pieces.clear()
        self.held = 0
        self._source.proceed()
        return whole

    async def next_piece(self) -> bytes:
        """Return the next piece, empty at the end.

        Raises:
            ContentTooLarge: the body has grown beyond its limit.
            ConnectionResetError: the client has gone.
        """
        while not self._pieces and not self._ended:
            await self._more()
        self._check()
        if not self._pieces:
            return b""
        piece = self._pieces.popleft()
        self.held -= len(piece)
        if self.held <= HOLD:
            self._source.proceed()
        return piece

    @property
    def _ended(self) -> bool:
        return self.complete or self.broken or self.late

    def _check(self) -> None:
        if self.late:
            raise RequestTimeout
        if self.broken:
            raise ConnectionResetError("the client went away in the middle of its request")
        if self._size > self._limit:
            raise ContentTooLarge(limit=self._limit)

    async def _more(self) -> None:
        self._source.invite()
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
