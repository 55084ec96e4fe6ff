"""SQL of avatars to delete."""

from collections.abc import Sequence

from sqlalchemy import text

from marquee_shared.database import WriteSession

DISCARD = text(
    "INSERT INTO discarded_avatars (digest) VALUES (split_part(:url, '/', 4)) "
    "ON CONFLICT DO NOTHING"
)
TAKE = text(
    "DELETE FROM discarded_avatars AS d WHERE NOT EXISTS ("
    "  SELECT FROM users WHERE avatar_url LIKE '/v1/avatars/' || d.digest || '/%'"
    ") RETURNING digest"
)
FORGET_SHOWN = text("DELETE FROM discarded_avatars")


async def discard(session: WriteSession, url: str) -> None:
    """Note that a picture is shown no more."""
    await session.execute(DISCARD, {"url": url})


async def take_discarded(session: WriteSession) -> Sequence[str]:
    """Return the digests of pictures nobody shows, and forget all that waited."""
    digests = (await session.scalars(TAKE)).all()
    await session.execute(FORGET_SHOWN)
    return digests
