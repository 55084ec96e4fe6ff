"""What editors do to people: each change with its revision, event, audit entry and films' job."""

from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from marquee_catalog.history import lifecycle
from marquee_catalog.history.audit import Action, differences, record
from marquee_catalog.history.edits import with_edits
from marquee_catalog.history.slugs import (
    claim_slug,
    free_slug,
    lead_on,
    missing,
    remember_slug,
)
from marquee_catalog.movies.counts import recount
from marquee_catalog.movies.relations import award_rows
from marquee_catalog.movies.retelling import films_of, tell_films, tell_films_of
from marquee_catalog.people import repository
from marquee_catalog.people.errors import PersonNotFound
from marquee_catalog.people.models import Person, PersonAward, PersonTranslation
from marquee_catalog.people.schemas import PersonCreate, PersonUpdate
from marquee_catalog.people.service import KIND
from marquee_catalog.search.words import indexed_words
from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import Preconditions
from marquee_shared.database import WriteSession
from marquee_shared.events.catalog import (
    PersonCreated,
    PersonData,
    PersonDeleted,
    PersonMerged,
    PersonUpdated,
)
from marquee_shared.outbox import publish
from marquee_shared.problems import Invalid, Moved
from marquee_shared.service import Context
from marquee_shared.slugs import fold, slugify

_PLAIN = ("biography", "birthday", "deathday", "gender", "country", "portrait_url")


def person_data(person: Person, contract: type[PersonData] = PersonUpdated) -> PersonData:
    """Return someone as events tell them."""
    return contract(
        id=person.id,
        slug=person.slug,
        name=person.name,
        birthday=person.birthday,
        deathday=person.deathday,
        gender=person.gender,
        country=person.country,
        portrait_url=person.portrait_url,
    )


async def _apply(session: WriteSession, person: Person, change: PersonUpdate) -> None:
    for name in change.model_fields_set.difference({"slug", "awards"}):
        setattr(person, name, getattr(change, name))
    if person.birthday and person.deathday and person.deathday < person.birthday:
        raise Invalid.at("/deathday", "before_birthday", "It is before the birthday.")
    person.folded_name = fold(person.name)
    person.words = indexed_words(person.name)
    person.edited = with_edits(person.edited or (), change.model_fields_set - {"slug"})
    session.add(person)
    await session.flush()
    if change.awards is not None:
        await session.execute(delete(PersonAward).where(PersonAward.person_id == person.id))
        rows = await award_rows(session, change.awards)
        if rows:
            values = [{"person_id": person.id, **row} for row in rows]
            await session.execute(insert(PersonAward).on_conflict_do_nothing(), values)


async def _lock(session: WriteSession, slug: str) -> Person:
    return await lifecycle.lock_live(session, Person, KIND, slug, PersonNotFound)


async def _record(
    session: WriteSession,
    actor: Principal,
    person: Person,
    before: dict[str, Any] | None,
    action: Action = "updated",
) -> None:
    after = await repository.read_snapshot(session, person.id)
    changes = differences(before, after)
    await record(session, actor, KIND, person.id, action, person.revision, changes)


async def create_person(session: WriteSession, actor: Principal, new: PersonCreate) -> Person:
    """Add someone.

    Raises:
        SlugTaken: the slug asked for is another's.
        Invalid: an award that does not exist, a death before the birth.
    """
    if new.slug is None:
        slug = await free_slug(session, KIND, slugify(new.name))
    else:
        slug = new.slug
        await claim_slug(session, KIND, slug)
    person = Person(slug=slug, revision=1, film_count=0, edited=[])
    await _apply(session, person, new)
    await publish(session, person_data(person, PersonCreated), 1)
    await _record(session, actor, person, None, "created")
    return person


async def update_person(
    session: WriteSession,
    context: Context[Any],
    actor: Principal,
    slug: str,
    change: PersonUpdate,
    preconditions: Preconditions,
) -> Person:
    """Change someone; where the name or slug is another, their films are told anew by a job.

    Raises:
        PersonNotFound: nobody live has this slug.
        PreconditionFailed: they have changed since.
        SlugTaken: the slug asked for is another's.
        Invalid: an award that does not exist, a death before the birth.
    """
    person = await _lock(session, slug)
    preconditions.require(person.revision)
    before = await repository.read_snapshot(session, person.id)
    if change.slug is not None:
        await lifecycle.rename(session, KIND, person, change.slug)
    lifecycle.touch(person)
    await _apply(session, person, change)
    await publish(session, person_data(person), person.revision)
    await _record(session, actor, person, before)
    if (person.name, person.slug) != (before["name"], before["slug"]):
        await tell_films_of(session, context, KIND, person.id)
    preconditions.answered(person.revision)
    return person


async def put_biography(
    session: WriteSession,
    actor: Principal,
    slug: str,
    code: str,
    biography: str | None,
    preconditions: Preconditions,
) -> tuple[Person, bool]:
    """Set someone's biography in a language, or take it away; return whether it is new.

    Raises:
        PersonNotFound: nobody live has this slug.
        PreconditionFailed: they have changed since.
    """
    person = await _lock(session, slug)
    preconditions.require(person.revision)
    before = await repository.read_snapshot(session, person.id)
    if biography is None and code not in before["translations"]:
        return person, False
    values = {"person_id": person.id, "language": code}
    if biography is None:
        await session.execute(
            delete(PersonTranslation).where(
                PersonTranslation.person_id == person.id, PersonTranslation.language == code
            )
        )
    else:
        await session.execute(
            insert(PersonTranslation)
            .values({**values, "biography": biography})
            .on_conflict_do_update(index_elements=list(values), set_={"biography": biography})
        )
    lifecycle.touch(person)
    person.edited = with_edits(person.edited, [f"translations.{code}"])
    await publish(session, person_data(person), person.revision)
    await _record(session, actor, person, before)
    preconditions.answered(person.revision)
    return person, code not in before["translations"]


async def _gone_before(session: WriteSession, slug: str) -> int:
    if (person_id := await lifecycle.buried_id(session, KIND, slug)) is not None:
        return person_id
    raise await missing(session, KIND, slug, PersonNotFound)


async def delete_person(
    session: WriteSession,
    context: Context[Any],
    actor: Principal,
    slug: str,
    preconditions: Preconditions,
    *,
    for_good: bool,
) -> int:
    """Take someone out of sight and off their films, or delete them for good; return their id.

    Raises:
        PersonNotFound: there never was anybody.
        PreconditionFailed: they have changed since.
    """
    person = await lifecycle.find_latest(session, Person, slug, lock=True)
    if person is None:
        return await _gone_before(session, slug)
    person_id: int = person.id
    if person.deleted_at is not None and not for_good:
        return person_id
    preconditions.require(person.revision)
    films = await films_of(session, KIND, person_id)
    before = await repository.read_snapshot(session, person_id)
    if for_good:
        revision = await lifecycle.destroy(session, Person, KIND, person)
    else:
        lifecycle.delete_softly(person)
        revision = person.revision
    told = PersonDeleted(id=person_id, slug=slug, hard=for_good)
    await publish(session, told, revision)
    changes = differences(before, None) if for_good else {}
    action: Action = "destroyed" if for_good else "deleted"
    await record(session, actor, KIND, person_id, action, revision, changes)
    await tell_films(session, context, films)
    return person_id


async def restore_person(
    session: WriteSession, context: Context[Any], actor: Principal, slug: str
) -> Person:
    """Bring whoever was deleted last under this slug back.

    Raises:
        PersonNotFound: there never was anybody.
        SlugTaken: they were merged into another, or their slug is another's now.
    """
    person = await lifecycle.find_latest(session, Person, slug, lock=True)
    if person is None:
        raise await missing(session, KIND, slug, PersonNotFound)
    if person.deleted_at is not None:
        await lifecycle.revive(session, KIND, person)
        person.merged_into = None
        await publish(session, person_data(person), person.revision)
        await recount(session, KIND, [person.id])
        await record(session, actor, KIND, person.id, "restored", person.revision, {})
        await tell_films_of(session, context, KIND, person.id)
    return person


_LOCK_BOTH = select(Person.id).where(Person.deleted_at.is_(None)).order_by(Person.id)
_LOCK_FILMS = text(
    "SELECT id FROM movies WHERE id IN (SELECT movie_id FROM credits WHERE person_id = :gone) "
    "ORDER BY id FOR UPDATE"
)


async def merge_people(
    session: WriteSession,
    context: Context[Any],
    actor: Principal,
    slug: str,
    into_slug: str,
    preconditions: Preconditions,
) -> tuple[Person, tuple[int, ...]]:
    """Make a double part of another person; done before, nothing happens.

    Returns that person, and the id of the one who went, if one did.

    Raises:
        PersonNotFound: there is no such double.
        PreconditionFailed: the double has changed since.
        Invalid: there is no such other person, or both are the same.
    """
    both = _LOCK_BOTH.where(Person.slug.in_([slug, into_slug])).with_for_update()
    await session.execute(both)
    into = await _into(session, into_slug)
    try:
        gone = await _lock(session, slug)
    except Moved as moved:
        if moved.slug == into.slug:
            return into, ()
        raise
    if gone.id == into.id:
        raise Invalid.at("/into", "same_person", "Nobody can be merged into themselves.")
    preconditions.require(gone.revision)
    before = await repository.read_snapshot(session, into.id)
    await session.execute(_LOCK_FILMS, {"gone": gone.id})
    for name in _PLAIN:
        if getattr(into, name) is None:
            setattr(into, name, getattr(gone, name))
    lifecycle.delete_softly(gone)
    gone.merged_into = into.id
    lifecycle.touch(into)
    await session.flush()
    await repository.move_credits(session, gone.id, into.id)
    await recount(session, KIND, [gone.id, into.id])
    await lead_on(session, KIND, gone.id, into.id)
    await remember_slug(session, KIND, gone.slug, into.id)
    await publish(session, PersonMerged(id=gone.id, slug=gone.slug, into=into.id), gone.revision)
    await publish(session, PersonDeleted(id=gone.id, slug=gone.slug), gone.revision)
    await publish(session, person_data(into), into.revision)
    changes = {"merged_into": {"before": None, "after": into.slug}}
    await record(session, actor, KIND, gone.id, "merged", gone.revision, changes)
    await _record(session, actor, into, before)
    await tell_films_of(session, context, KIND, into.id)
    preconditions.answered(into.revision)
    return into, (gone.id,)


async def _into(session: WriteSession, slug: str) -> Person:
    try:
        return await _lock(session, slug)
    except Moved as moved:
        return await _lock(session, moved.slug)
    except PersonNotFound as error:
        raise Invalid.at("/into", "unknown_slug", f"There is no {slug!r}.") from error
