"""One member's notifications as server-sent events."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final

import orjson
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from marquee_shared.auth.principals import Principal
from marquee_shared.auth.tokens import TokenVerifier
from marquee_shared.database import Database, is_out_of_reach
from marquee_shared.problems import Problem, Unauthorized
from marquee_social.notifications import repository
from marquee_social.notifications.live import Listener, Live
from marquee_social.notifications.service import read_notification

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 4.0
"""How often a silent stream says that it lives, and asks whether its token still holds."""
PAGE: Final = 100
OPENED: Final = b"retry: 2000\n\n"
ALIVE: Final = b": alive\n\n"
ENDED: Final = b'event: end\ndata: {"code":"invalid_token"}\n\n'


async def first_position(database: Database, member: Principal, given: int | None) -> int:
    """Return after which notification to begin: the last one the client has, else the newest.

    One that was never given, as after a restored backup, counts as the newest.
    """
    async with database.reading() as session:
        newest = await repository.last_sequence(session, member.id)
    return newest if given is None else min(given, newest)


async def follow(
    live: Live,
    database: Database,
    verifier: TokenVerifier,
    member: Principal,
    token: str,
    position: int,
) -> AsyncIterator[bytes]:
    """Yield a member's notifications after a position, for as long as their token holds."""
    with live.listen(member.id, member.session_id) as listener:
        yield OPENED
        while await _holds(verifier, token, listener):
            listener.woken.clear()
            try:
                async for event in _new(database, member, position):
                    position, content = event
                    yield content
            except (DBAPIError, InterfaceError, PoolTimeoutError, OSError) as error:
                if not is_out_of_reach(error):
                    raise
                logger.warning("a stream ends, the database is out of reach: %s", error)
                return
            while not listener.woken.is_set() and await _holds(verifier, token, listener):
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await listener.woken.wait()
                except TimeoutError:
                    yield ALIVE
        yield ENDED


async def _new(
    database: Database, member: Principal, position: int
) -> AsyncIterator[tuple[int, bytes]]:
    """Yield what came after a position, page by page, each with its own."""
    while True:
        async with database.reading() as session:
            rows = await repository.list_since(session, member.id, position, PAGE)
        for row in rows:
            position = row.sequence
            data = orjson.dumps(read_notification(row).model_dump(mode="json"))
            yield position, b"id: %d\nevent: notification\ndata: %b\n\n" % (position, data)
        if len(rows) < PAGE:
            return


async def _holds(verifier: TokenVerifier, token: str, listener: Listener) -> bool:
    """Whether the stream's token is still good; while nobody can say, it is."""
    if listener.ended:
        return False
    try:
        await verifier.verify(token)
    except Unauthorized:
        return False
    except Problem as problem:
        logger.warning("a stream's token could not be checked: %s", problem)
    return True
