"""How films are told: always whole, at the revision they have in this transaction."""

from collections.abc import Collection, Sequence

from sqlalchemy import text

from marquee_catalog.movies.documents import EVENT_DATA
from marquee_shared.database import WriteSession
from marquee_shared.events.catalog import MovieCreated, MovieDeleted, MovieMerged, MovieUpdated
from marquee_shared.outbox import publish, publish_many

_TELL = text(EVENT_DATA)


async def tell_movies(
    session: WriteSession, ids: Sequence[int], *, created: Collection[int] = ()
) -> int:
    """Publish these films as they are now; return how many."""
    rows = await session.execute(_TELL, {"ids": list(ids)})
    events = [
        ((MovieCreated if row.id in created else MovieUpdated).model_validate_json(row.body),
         row.revision)
        for row in rows
    ]  # fmt: skip
    await publish_many(session, events)
    return len(events)


async def tell_deleted(
    session: WriteSession, films: Sequence[tuple[int, str, int]], *, hard: bool = False
) -> None:
    """Publish that films, as (id, slug, revision), are gone."""
    await publish_many(
        session,
        [(MovieDeleted(id=id_, slug=slug, hard=hard), revision) for id_, slug, revision in films],
    )


async def tell_merged(session: WriteSession, films: Sequence[tuple[int, str, int, int]]) -> None:
    """Publish that films, as (id, slug, into, revision), are part of others now, and so gone."""
    for id_, slug, into, revision in films:
        await publish(session, MovieMerged(id=id_, slug=slug, into=into), revision)
    await tell_deleted(session, [(id_, slug, revision) for id_, slug, _, revision in films])
