"""Routes of genres, platforms, awards and tags: the same for each kind."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, status

from marquee_catalog.history.audit import AuditEntryRead, read_entries
from marquee_catalog.history.parameters import (
    CREATED,
    MOVED,
    Editor,
    ForGood,
    LanguageCode,
    SlugPath,
)
from marquee_catalog.people.schemas import MergeInto
from marquee_catalog.taxonomies import service
from marquee_catalog.taxonomies.kinds import TAG, TAXONOMIES, Taxonomy
from marquee_catalog.taxonomies.repository import Sort
from marquee_catalog.taxonomies.schemas import (
    TermCreate,
    TermDetail,
    TermRead,
    TermTranslationRead,
    TermTranslationWrite,
    TermUpdate,
)
from marquee_shared.caching import purge, tag_answer
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.pagination import BrowsePage, BrowseWindowDep, CursorPage, CursorWindowDep
from marquee_shared.routing import Language, new_router
from marquee_shared.service import Context
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep


def _context(request: Request) -> Context[Any]:
    context: Context[Any] = request.app.state.context
    return context


def _add_reads(router: APIRouter, taxonomy: Taxonomy) -> None:
    @router.get("", response_model_exclude_unset=True)
    async def list_terms(
        session: ReadSessionDep,
        window: BrowseWindowDep,
        language: Language,
        response: Response,
        q: Annotated[
            str | None, Query(max_length=100, description="What the name has in it.")
        ] = None,
        sort: Annotated[
            Sort | None,
            Query(
                description="`name`, A to Z, or `films`, most first; tags come by `films`, "
                "the others by `name`. `-` turns it round."
            ),
        ] = None,
    ) -> BrowsePage[TermRead]:
        """List them, named in the language of the answer, with how many films each has."""
        tag_answer(response, taxonomy.plural)
        chosen = sort or ("films" if taxonomy is TAG else "name")
        return await service.list_terms(
            session, taxonomy, q=q, sort=chosen, window=window, language=language
        )

    @router.get("/{slug}", responses=MOVED)
    async def get_term(
        slug: SlugPath,
        session: ReadSessionDep,
        request: Request,
        language: Language,
        response: Response,
    ) -> TermDetail:
        """Return one with its names in every language."""
        term, revision = await service.get_term(session, taxonomy, slug, language=language)
        set_revision(request, revision)
        tag_answer(response, f"{taxonomy.kind}:{term.id}", taxonomy.plural)
        return term

    @router.get("/{slug}/audit", responses=MOVED)
    async def list_changes(
        slug: SlugPath, session: ReadSessionDep, _editor: Editor, window: CursorWindowDep
    ) -> CursorPage[AuditEntryRead]:
        """List who changed what, the latest first."""
        term_id = await service.find_any_id(session, taxonomy, slug)
        return await read_entries(session, taxonomy.kind, term_id, window)


def _add_writes(router: APIRouter, taxonomy: Taxonomy) -> None:
    @router.post("", status_code=status.HTTP_201_CREATED, responses=CREATED)
    async def create_term(
        body: TermCreate,
        session: WriteSessionDep,
        editor: Editor,
        language: Language,
        response: Response,
    ) -> TermDetail:
        """Add one. Another of the same slug is 409."""
        term = await service.create_term(session, taxonomy, editor, body, language=language)
        response.headers["Location"] = f"/v1/{taxonomy.plural}/{term.slug}"
        purge(response, taxonomy.plural)
        return term

    @router.patch("/{slug}", responses=MOVED)
    async def update_term(
        slug: SlugPath,
        body: TermUpdate,
        session: WriteSessionDep,
        editor: Editor,
        preconditions: PreconditionsDep,
        language: Language,
        request: Request,
        response: Response,
    ) -> TermDetail:
        """Change one. Its films follow within moments; a former slug answers 308."""
        term = await service.update_term(
            session,
            _context(request),
            taxonomy,
            editor,
            slug,
            body,
            preconditions,
            language=language,
        )
        purge(response, f"{taxonomy.kind}:{term.id}", taxonomy.plural)
        return term

    @router.delete("/{slug}", status_code=status.HTTP_204_NO_CONTENT, responses=MOVED)
    async def delete_term(
        slug: SlugPath,
        session: WriteSessionDep,
        editor: Editor,
        preconditions: PreconditionsDep,
        for_good: ForGood,
        request: Request,
    ) -> Response:
        """Take one out of sight and off its films; it can be restored, unless it is for good."""
        remove = service.destroy_term if for_good else service.delete_term
        await remove(session, _context(request), taxonomy, editor, slug, preconditions)
        response = Response(status_code=status.HTTP_204_NO_CONTENT)
        purge(response, taxonomy.plural)
        return response

    @router.post("/{slug}/restore", responses=MOVED)
    async def restore_term(
        slug: SlugPath,
        session: WriteSessionDep,
        editor: Editor,
        language: Language,
        request: Request,
        response: Response,
    ) -> TermDetail:
        """Bring a deleted one back, onto its films too; 200 as well when it is there."""
        purge(response, taxonomy.plural)
        return await service.restore_term(
            session, _context(request), taxonomy, editor, slug, language=language
        )

    @router.post("/{slug}/merge", responses=MOVED)
    async def merge_terms(
        slug: SlugPath,
        body: MergeInto,
        session: WriteSessionDep,
        editor: Editor,
        preconditions: PreconditionsDep,
        language: Language,
        request: Request,
        response: Response,
    ) -> TermDetail:
        """Make this one part of another, of which it is a double; this slug answers 308 then."""
        purge(response, taxonomy.plural)
        return await service.merge_terms(
            session,
            _context(request),
            taxonomy,
            editor,
            slug,
            body.into,
            preconditions,
            language=language,
        )


def _add_translations(router: APIRouter, taxonomy: Taxonomy) -> None:
    @router.put(
        "/{slug}/translations/{code}",
        responses={201: {"model": TermTranslationRead, "description": "It is new."}, **MOVED},
    )
    async def put_translation(
        slug: SlugPath,
        code: LanguageCode,
        body: TermTranslationWrite,
        session: WriteSessionDep,
        editor: Editor,
        preconditions: PreconditionsDep,
        request: Request,
        response: Response,
    ) -> TermTranslationRead:
        """Name one in another language."""
        context = _context(request)
        created = await service.put_translation(
            session, context, taxonomy, editor, slug, code, body, preconditions
        )
        if created:
            response.status_code = status.HTTP_201_CREATED
        purge(response, taxonomy.plural)
        return TermTranslationRead(name=body.name)

    @router.delete(
        "/{slug}/translations/{code}", status_code=status.HTTP_204_NO_CONTENT, responses=MOVED
    )
    async def delete_translation(
        slug: SlugPath,
        code: LanguageCode,
        session: WriteSessionDep,
        editor: Editor,
        preconditions: PreconditionsDep,
        request: Request,
    ) -> Response:
        """Take a language away; 204 as well when it is not there."""
        context = _context(request)
        await service.delete_translation(
            session, context, taxonomy, editor, slug, code, preconditions
        )
        response = Response(status_code=status.HTTP_204_NO_CONTENT)
        purge(response, taxonomy.plural)
        return response


def _router(taxonomy: Taxonomy) -> APIRouter:
    router: APIRouter = new_router(prefix=f"/v1/{taxonomy.plural}", tags=[taxonomy.plural])
    _add_reads(router, taxonomy)
    _add_writes(router, taxonomy)
    if taxonomy.translation is not None:
        _add_translations(router, taxonomy)
    return router


routers = [_router(taxonomy) for taxonomy in TAXONOMIES]
