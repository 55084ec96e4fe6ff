"""The rules of genres, platforms, awards and tags."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from marquee_catalog.history import lifecycle
from marquee_catalog.history.audit import differences, record
from marquee_catalog.history.slugs import claim_slug, lead_on, missing, remember_slug
from marquee_catalog.movies.counts import recount
from marquee_catalog.movies.retelling import films_of, tell_films, tell_films_of
from marquee_catalog.search.words import indexed_words
from marquee_catalog.taxonomies import repository
from marquee_catalog.taxonomies.kinds import Taxonomy, Term
from marquee_catalog.taxonomies.schemas import (
    TermCreate,
    TermDetail,
    TermRead,
    TermTranslationWrite,
    TermUpdate,
)
from marquee_shared.auth.principals import Principal
from marquee_shared.conditional import Preconditions
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.outbox import publish
from marquee_shared.pagination import BrowsePage, BrowseWindow
from marquee_shared.problems import Invalid, Moved, NotFound
from marquee_shared.service import Context


async def list_terms(
    session: ReadSession,
    taxonomy: Taxonomy,
    *,
    q: str | None,
    sort: str,
    window: BrowseWindow,
    language: str,
) -> BrowsePage[TermRead]:
    """Return one page of terms."""
    wanted = q.strip() if q else None
    rows, keys = await repository.read_page(
        session, taxonomy, wanted or None, sort, window, language=language
    )
    page = BrowsePage[TermRead](
        items=[TermRead.model_validate(row) for row in rows[: window.limit]],
        next_cursor=window.next_cursor(keys),
    )
    if window.page is not None:
        page.page = window.page
        page.total = await repository.count_terms(
            session, taxonomy, wanted or None, language=language
        )
        page.pages = window.pages(page.total)
    return page


async def get_term(
    session: ReadSession | WriteSession, taxonomy: Taxonomy, slug: str, *, language: str
) -> tuple[TermDetail, int]:
    """Return a live term and its revision.

    Raises:
        NotFound: of its kind; there is none with this slug.
        Moved: it is a former slug.
    """
    row = await repository.read_term(session, taxonomy, slug, language=language)
    if row is None:
        raise await missing(session, taxonomy.kind, slug, taxonomy.missing)
    return TermDetail.model_validate(row), row.revision


async def find_any_id(session: ReadSession, taxonomy: Taxonomy, slug: str) -> int:
    """Return the id of what has a slug, or had it when it was deleted.

    Raises:
        NotFound: of its kind; there never was one.
        Moved: it is a former slug.
    """
    found = await lifecycle.any_id(session, taxonomy.model, taxonomy.kind, slug)
    if found is None:
        raise await missing(session, taxonomy.kind, slug, taxonomy.missing)
    return found


async def _snapshot(session: WriteSession, taxonomy: Taxonomy, term: Term) -> dict[str, Any]:
    found: dict[str, Any] = {"name": term.name, "slug": term.slug, "translations": {}}
    if taxonomy.translation is not None:
        table = taxonomy.translation.__table__
        rows = await session.execute(
            select(table.c.language, table.c.name).where(table.c[f"{taxonomy.kind}_id"] == term.id)
        )
        found["translations"] = {row.language: row.name for row in rows}
    return found


async def tell_term(session: WriteSession, taxonomy: Taxonomy, term: Term) -> dict[str, Any]:
    """Publish a live term as it is now; return that."""
    now = await _snapshot(session, taxonomy, term)
    told = taxonomy.updated(id=term.id, slug=term.slug, name=term.name, names=now["translations"])
    await publish(session, told, term.revision)
    return now


async def create_term(
    session: WriteSession, taxonomy: Taxonomy, actor: Principal, new: TermCreate, *, language: str
) -> TermDetail:
    """Add a term.

    Raises:
        SlugTaken: there is one of this slug, or was.
    """
    slug = new.slug or taxonomy.slug_of(new.name)
    await claim_slug(session, taxonomy.kind, slug)
    term = taxonomy.model(slug=slug, name=new.name, revision=1, film_count=0)
    _set_words(term)
    session.add(term)
    await session.flush()
    after = await tell_term(session, taxonomy, term)
    await record(session, actor, taxonomy.kind, term.id, "created", 1, differences(None, after))
    return (await get_term(session, taxonomy, slug, language=language))[0]


def _set_words(term: Any) -> None:
    if hasattr(term, "words"):
        term.words = indexed_words(term.name)


async def _lock(session: WriteSession, taxonomy: Taxonomy, slug: str) -> Any:
    return await lifecycle.lock_live(session, taxonomy.model, taxonomy.kind, slug, taxonomy.missing)


async def _finish(
    session: WriteSession,
    context: Context[Any],
    taxonomy: Taxonomy,
    actor: Principal,
    term: Any,
    before: dict[str, Any],
) -> None:
    await session.flush()
    after = await tell_term(session, taxonomy, term)
    await record(
        session, actor, taxonomy.kind, term.id, "updated", term.revision,
        differences(before, after),
    )  # fmt: skip
    await tell_films_of(session, context, taxonomy.kind, term.id)


async def update_term(
    session: WriteSession,
    context: Context[Any],
    taxonomy: Taxonomy,
    actor: Principal,
    slug: str,
    change: TermUpdate,
    preconditions: Preconditions,
    *,
    language: str,
) -> TermDetail:
    """Change a term; its films are told anew by a job.

    Raises:
        NotFound: of its kind.
        PreconditionFailed: it has changed since.
        SlugTaken: the slug asked for is another's.
    """
    term = await _lock(session, taxonomy, slug)
    preconditions.require(term.revision)
    before = await _snapshot(session, taxonomy, term)
    if "slug" in change.model_fields_set:
        await lifecycle.rename(session, taxonomy.kind, term, change.slug)
    if "name" in change.model_fields_set:
        term.name = change.name
        _set_words(term)
    lifecycle.touch(term)
    await _finish(session, context, taxonomy, actor, term, before)
    preconditions.answered(term.revision)
    return (await get_term(session, taxonomy, term.slug, language=language))[0]


async def put_translation(
    session: WriteSession,
    context: Context[Any],
    taxonomy: Taxonomy,
    actor: Principal,
    slug: str,
    code: str,
    written: TermTranslationWrite,
    preconditions: Preconditions,
) -> bool:
    """Name a term in another language; return whether it had no name there before.

    Raises:
        NotFound: of its kind.
        PreconditionFailed: it has changed since.
    """
    term = await _lock(session, taxonomy, slug)
    preconditions.require(term.revision)
    before = await _snapshot(session, taxonomy, term)
    model: Any = taxonomy.translation
    values: dict[str, Any] = {"name": written.name}
    if hasattr(model, "words"):
        values["words"] = indexed_words(written.name)
    column = f"{taxonomy.kind}_id"
    await session.execute(
        insert(model)
        .values({column: term.id, "language": code, **values})
        .on_conflict_do_update(index_elements=[column, "language"], set_=values)
    )
    lifecycle.touch(term)
    await _finish(session, context, taxonomy, actor, term, before)
    preconditions.answered(term.revision)
    return code not in before["translations"]


async def delete_translation(
    session: WriteSession,
    context: Context[Any],
    taxonomy: Taxonomy,
    actor: Principal,
    slug: str,
    code: str,
    preconditions: Preconditions,
) -> None:
    """Take a language away, if it is there.

    Raises:
        NotFound: of its kind.
        PreconditionFailed: it has changed since.
    """
    term = await _lock(session, taxonomy, slug)
    preconditions.require(term.revision)
    before = await _snapshot(session, taxonomy, term)
    if code not in before["translations"]:
        return
    table = taxonomy.translation.__table__  # type: ignore[union-attr]
    await session.execute(
        delete(table).where(table.c[f"{taxonomy.kind}_id"] == term.id, table.c.language == code)
    )
    lifecycle.touch(term)
    await _finish(session, context, taxonomy, actor, term, before)


async def _gone_before(session: WriteSession, taxonomy: Taxonomy, slug: str) -> None:
    if await lifecycle.buried_id(session, taxonomy.kind, slug) is None:
        raise await missing(session, taxonomy.kind, slug, taxonomy.missing)


async def delete_term(
    session: WriteSession,
    context: Context[Any],
    taxonomy: Taxonomy,
    actor: Principal,
    slug: str,
    preconditions: Preconditions,
) -> None:
    """Take a term out of sight, and off its films; nothing happens when it is already.

    Raises:
        NotFound: of its kind; there never was one.
        PreconditionFailed: it has changed since.
    """
    term: Any = await lifecycle.find_latest(session, taxonomy.model, slug, lock=True)
    if term is None:
        return await _gone_before(session, taxonomy, slug)
    if term.deleted_at is not None:
        return None
    preconditions.require(term.revision)
    lifecycle.delete_softly(term)
    await session.flush()
    await publish(session, taxonomy.deleted(id=term.id, slug=term.slug), term.revision)
    await record(session, actor, taxonomy.kind, term.id, "deleted", term.revision, {})
    return await tell_films_of(session, context, taxonomy.kind, term.id)


async def destroy_term(
    session: WriteSession,
    context: Context[Any],
    taxonomy: Taxonomy,
    actor: Principal,
    slug: str,
    preconditions: Preconditions,
) -> None:
    """Delete a term for good, live or deleted; twice is once.

    Raises:
        NotFound: of its kind; there never was one.
        PreconditionFailed: it has changed since.
    """
    term: Any = await lifecycle.find_latest(session, taxonomy.model, slug, lock=True)
    if term is None:
        return await _gone_before(session, taxonomy, slug)
    preconditions.require(term.revision)
    term_id, before = term.id, await _snapshot(session, taxonomy, term)
    films = await films_of(session, taxonomy.kind, term_id)
    revision = await lifecycle.destroy(session, taxonomy.model, taxonomy.kind, term)
    await publish(session, taxonomy.deleted(id=term_id, slug=slug, hard=True), revision)
    changes = differences(before, None)
    await record(session, actor, taxonomy.kind, term_id, "destroyed", revision, changes)
    return await tell_films(session, context, films)


async def restore_term(
    session: WriteSession,
    context: Context[Any],
    taxonomy: Taxonomy,
    actor: Principal,
    slug: str,
    *,
    language: str,
) -> TermDetail:
    """Bring the term deleted last under this slug back, onto its films too.

    Raises:
        NotFound: of its kind; there never was one.
        SlugTaken: it has been merged into another.
    """
    term: Any = await lifecycle.find_latest(session, taxonomy.model, slug, lock=True)
    if term is None:
        raise await missing(session, taxonomy.kind, slug, taxonomy.missing)
    if term.deleted_at is not None:
        await lifecycle.revive(session, taxonomy.kind, term)
        await session.flush()
        await recount(session, taxonomy.kind, [term.id])
        await tell_term(session, taxonomy, term)
        await record(session, actor, taxonomy.kind, term.id, "restored", term.revision, {})
        await tell_films_of(session, context, taxonomy.kind, term.id)
    return (await get_term(session, taxonomy, slug, language=language))[0]


async def merge_terms(
    session: WriteSession,
    context: Context[Any],
    taxonomy: Taxonomy,
    actor: Principal,
    slug: str,
    into_slug: str,
    preconditions: Preconditions,
    *,
    language: str,
) -> TermDetail:
    """Make a double part of another term and return that one; done before, nothing happens.

    Raises:
        NotFound: of its kind, on either side.
        Invalid: both are the same.
        PreconditionFailed: the double has changed since.
    """
    model = taxonomy.model
    both = select(model.id).where(model.slug.in_([slug, into_slug]), model.deleted_at.is_(None))
    await session.execute(both.order_by(model.id).with_for_update())
    into = await _into(session, taxonomy, into_slug)
    try:
        gone = await _lock(session, taxonomy, slug)
    except Moved as moved:
        if moved.slug != into.slug:
            raise
        return (await get_term(session, taxonomy, into.slug, language=language))[0]
    if gone.id == into.id:
        raise Invalid.at("/into", "same_one", "It cannot be merged into itself.")
    preconditions.require(gone.revision)
    before = await _snapshot(session, taxonomy, into)
    lifecycle.delete_softly(gone)
    lifecycle.touch(into)
    await session.flush()
    await repository.move_films(session, taxonomy, gone.id, into.id)
    await recount(session, taxonomy.kind, [gone.id, into.id])
    await lead_on(session, taxonomy.kind, gone.id, into.id)
    await remember_slug(session, taxonomy.kind, gone.slug, into.id)
    await publish(session, taxonomy.deleted(id=gone.id, slug=gone.slug), gone.revision)
    changes = {"merged_into": {"before": None, "after": into.slug}}
    await record(session, actor, taxonomy.kind, gone.id, "merged", gone.revision, changes)
    await _finish(session, context, taxonomy, actor, into, before)
    preconditions.answered(into.revision)
    return (await get_term(session, taxonomy, into.slug, language=language))[0]


async def _into(session: WriteSession, taxonomy: Taxonomy, slug: str) -> Any:
    try:
        return await _lock(session, taxonomy, slug)
    except Moved as moved:
        return await _lock(session, taxonomy, moved.slug)
    except NotFound as error:
        raise Invalid.at("/into", "unknown_slug", f"There is no {slug!r}.") from error
