"""Tells everything the catalog holds anew, in chunks: terms and people first, then films."""

from typing import Any

from sqlalchemy import select, text

from marquee_catalog.movies.republish import republish_movies
from marquee_catalog.people.editing import person_data
from marquee_catalog.people.models import Person
from marquee_catalog.people.service import KIND
from marquee_catalog.taxonomies.kinds import TAXONOMIES, Taxonomy
from marquee_catalog.taxonomies.service import tell_term
from marquee_shared.database import WriteSession
from marquee_shared.events import EventData
from marquee_shared.events.catalog import PersonDeleted, PersonMerged
from marquee_shared.outbox import publish_many
from marquee_shared.service import Context

CHUNK = 500

_BURIED = text("SELECT id, slug, revision FROM tombstones WHERE kind = :kind ORDER BY id")


async def _terms(session: WriteSession, taxonomy: Taxonomy) -> int:
    told = 0
    for term in await session.scalars(select(taxonomy.model).order_by(taxonomy.model.id)):
        if term.deleted_at is None:
            await tell_term(session, taxonomy, term)
        else:
            gone = taxonomy.deleted(id=term.id, slug=term.slug)
            await publish_many(session, [(gone, term.revision)])
        told += 1
    for row in (await session.execute(_BURIED, {"kind": taxonomy.kind})).all():
        gone = taxonomy.deleted(id=row.id, slug=row.slug, hard=True)
        await publish_many(session, [(gone, row.revision)])
        told += 1
    return told


def _person(person: Person) -> list[tuple[EventData, int]]:
    if person.deleted_at is None:
        return [(person_data(person), person.revision)]
    told: list[tuple[EventData, int]] = []
    if person.merged_into is not None:
        merged = PersonMerged(id=person.id, slug=person.slug, into=person.merged_into)
        told.append((merged, person.revision))
    return [*told, (PersonDeleted(id=person.id, slug=person.slug), person.revision)]


async def _people(context: Context[Any]) -> int:
    told = after = 0
    while True:
        async with context.database.transaction() as session:
            query = select(Person).where(Person.id > after).order_by(Person.id).limit(CHUNK)
            people = (await session.scalars(query)).all()
            if not people:
                rows = (await session.execute(_BURIED, {"kind": KIND})).all()
                buried = [
                    (PersonDeleted(id=row.id, slug=row.slug, hard=True), row.revision)
                    for row in rows
                ]
                return told + len(await publish_many(session, buried))
            await publish_many(session, [event for one in people for event in _person(one)])
        after = people[-1].id
        told += len(people)


async def republish(context: Context[Any]) -> int:
    """Publish the current state of everything; return how many things."""
    told = 0
    for taxonomy in TAXONOMIES:
        async with context.database.transaction() as session:
            told += await _terms(session, taxonomy)
    return told + await _people(context) + await republish_movies(context)
