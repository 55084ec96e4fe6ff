"""How films are told: always whole, at the revision they have in this transaction."""

from collections.abc import Collection, Sequence

from sqlalchemy import text

from marquee_catalog.movies.documents import EVENT_DATA
from marquee_shared.database import WriteSession
from marquee_shared.events.catalog import MovieCreated, MovieDeleted, MovieUpdated
from marquee_shared.outbox import publish_many

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


async def tell_deleted(session: WriteSession, films: Sequence[tuple[int, str, int]]) -> None:
    """Publish that films, as (id, slug, revision), are gone."""
    await publish_many(
        session, [(MovieDeleted(id=id_, slug=slug), revision) for id_, slug, revision in films]
    )
