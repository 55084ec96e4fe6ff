"""Keeping the shared tables small: partitions of the outbox by day, old inbox rows and keys."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from marquee_shared.database import Database
from marquee_shared.outbox.relay import advisory_key

OUTBOX_DAYS = 7
INBOX_DAYS = 14
"""Twice the outbox: whatever can still be sent again is still known."""
DAYS_AHEAD = 3


async def keep_house(database: Database) -> None:
    """Make the coming days' partitions, drop those past `OUTBOX_DAYS`, delete what is old.

    A partition with unpublished rows is never dropped.
    """
    today = datetime.now(UTC).date()
    async with database.transaction() as session:
        key = advisory_key(f"housekeeping:{database.schema}")
        if not await session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}):
            return
        await session.execute(text("SET LOCAL lock_timeout = '2s'"))
        names = set(
            await session.scalars(
                text(
                    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                    "WHERE i.inhparent = 'outbox'::regclass"
                )
            )
        )
        for offset in range(1, DAYS_AHEAD + 1):  # today's rows may stand in the default partition
            day = today + timedelta(days=offset)
            following = day + timedelta(days=1)
            name = f"outbox_{day:%Y%m%d}"
            if name not in names:
                await session.execute(
                    text(
                        f"CREATE TABLE {name} PARTITION OF outbox "
                        f"FOR VALUES FROM ('{day} 00:00+00') TO ('{following} 00:00+00')"
                    )
                )
        oldest = f"outbox_{today - timedelta(days=OUTBOX_DAYS):%Y%m%d}"
        for name in sorted(names - {"outbox_default"}):
            if name < oldest and not await session.scalar(
                text(f"SELECT EXISTS (SELECT FROM {name} WHERE published_at IS NULL)")  # noqa: S608 - a partition's name
            ):
                await session.execute(text(f"DROP TABLE {name}"))
        await session.execute(
            text(
                "DELETE FROM outbox_default WHERE published_at IS NOT NULL "
                "AND created_at < now() - make_interval(days => :days)"
            ),
            {"days": OUTBOX_DAYS},
        )
        await session.execute(
            text("DELETE FROM inbox WHERE received_at < now() - make_interval(days => :days)"),
            {"days": INBOX_DAYS},
        )
        await session.execute(
            text("DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours'")
        )
        await session.execute(
            text(
                "DELETE FROM jobs WHERE finished_at < now() - interval '90 days' OR "
                "(kind LIKE 'scheduled:%' AND state = 'succeeded' "
                "AND finished_at < now() - interval '2 days')"
            )
        )
