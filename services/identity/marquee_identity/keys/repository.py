"""SQL of signing keys."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, text

from marquee_identity.keys.models import SigningKey
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.outbox.relay import advisory_key


async def lock_rotation(session: WriteSession) -> None:
    """Let one transaction at a time change the set of keys."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(:key)"), {"key": advisory_key("identity:keys")}
    )


async def list_keys(session: ReadSession | WriteSession) -> Sequence[SigningKey]:
    """Return every key: those that sign or have signed in that order, then the next."""
    statement = select(SigningKey).order_by(
        SigningKey.signs_from.asc().nulls_last(), SigningKey.created_at
    )
    return (await session.scalars(statement)).all()


async def delete_keys(session: WriteSession, kids: Sequence[str]) -> None:
    """Destroy keys, private halves included."""
    await session.execute(delete(SigningKey).where(SigningKey.kid.in_(kids)))


async def database_now(session: ReadSession | WriteSession) -> datetime:
    """Return the database's time, the one clock that all processes share."""
    now: datetime = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return now
