"""Routes of imports."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile, status
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from marquee_catalog.imports import service
from marquee_catalog.imports.exchange import export_films
from marquee_catalog.imports.schemas import ImportRead
from marquee_catalog.imports.sources import AnySource
from marquee_catalog.imports.tasks import KIND
from marquee_catalog.imports.tmdb.listings import LAST_PAGE, Films, Wanted
from marquee_shared.auth.dependencies import require_role
from marquee_shared.auth.principals import Principal
from marquee_shared.jobs import JobRead, get_job, list_jobs
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.problems import Invalid
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router: APIRouter = new_router(prefix="/v1/imports", tags=["imports"])

Editor = Annotated[Principal, Depends(require_role("editor"))]


def _wanted(*, ids: str | None, films: Films | None, pages: int, since: date | None) -> Wanted:
    numbers = [int(number) for number in ids.split(",")] if ids else []
    try:
        return Wanted(ids=numbers, films=films, pages=pages, since=since)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = "/".join(map(str, first["loc"][:1])) or "films"
        detail = first["msg"].removeprefix("Value error, ")
        raise Invalid.at(f"/{field}", first["type"], detail) from error


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    responses={202: {"headers": {"Location": {"schema": {"type": "string"}}}}},
)
async def start_import(
    request: Request,
    response: Response,
    session: WriteSessionDep,
    editor: Editor,
    source: Annotated[
        AnySource,
        Form(description="`marquee` is our own JSON, as `GET /v1/exports/movies` writes it."),
    ],
    file: Annotated[
        UploadFile | None,
        File(description="A ZIP archive, or one CSV or JSON file; all but `tmdb` need one."),
    ] = None,
    dry_run: Annotated[bool, Form(description="Only say what it would find.")] = False,
    add_new: Annotated[
        bool, Form(description="`wikipedia` only: add films that we do not have, too.")
    ] = False,
    ids: Annotated[
        str | None,
        Form(
            description="`tmdb` only: TMDB's ids of films, comma-separated, at most 1,000.",
            pattern=r"^[0-9]{1,12}(,[0-9]{1,12})*$",
            max_length=13_000,
        ),
    ] = None,
    films: Annotated[
        Films | None,
        Form(
            description="`tmdb` only, in place of `ids`: `known` are those that we have, `changed` "
            "those of them that changed there, `popular` those most looked at there."
        ),
    ] = None,
    pages: Annotated[
        int, Form(ge=1, le=LAST_PAGE, description="Of `popular` films, twenty each.")
    ] = 1,
    since: Annotated[
        date | None, Form(description="Of `changed` films: the first day, at most 14 days ago.")
    ] = None,
) -> JobRead:
    """Import a data set: films, tags, members and ratings.

    `tmdb` takes no file: films are fetched from TMDB, with credits, translations, posters and
    where they can be watched.

    Importing the same again changes nothing, and what an editor decided stands. Rows that are not
    taken are listed with the import. A `wikipedia` row is joined by title and year, and by what
    genres and cast tell; `result.confidence` counts the rows by how sure that is, at most 1,
    and a row that fits no film surely is not taken.
    """
    context = request.app.state.context
    if source == "tmdb":
        wanted = _wanted(ids=ids, films=films, pages=pages, since=since)
        job = await service.start_tmdb(
            session, context, wanted, dry_run=dry_run, requested_by=editor.id
        )
    elif file is None:
        raise Invalid.at("/file", "missing", "This source comes as a file.")
    else:
        job = await service.start_import(
            session,
            context,
            source=source,
            uploaded=file.file,
            name=file.filename or "upload",
            dry_run=dry_run,
            add_new=add_new,
            requested_by=editor.id,
        )
    response.headers["Location"] = f"/v1/imports/{job.id}"
    return job


@router.get("")
async def list_imports(
    session: ReadSessionDep, _editor: Editor, window: CursorWindowDep
) -> CursorPage[JobRead]:
    """List the imports, newest first."""
    before = UUID(window.after[0]) if window.after else None
    found = await list_jobs(session, KIND, limit=window.limit + 1, before=before)
    return CursorPage(
        items=found[: window.limit],
        next_cursor=window.next_cursor([(str(job.id),) for job in found]),
    )


@router.get("/{import_id}")
async def get_import(import_id: UUID, session: ReadSessionDep, _editor: Editor) -> ImportRead:
    """Return an import: its progress, its result, the rows it refused."""
    return await service.get_import(session, import_id)


@router.get(
    "/{import_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def follow_import(
    import_id: UUID, session: ReadSessionDep, request: Request, _editor: Editor
) -> StreamingResponse:
    """Follow an import as server-sent events: `progress` as it moves, then `end`."""
    await get_job(session, import_id, kind=KIND)

    async def events() -> AsyncIterator[bytes]:
        async for job in service.follow_import(request.app.state.database, import_id):
            name = "end" if job.state in service.ENDED else "progress"
            yield f"event: {name}\ndata: {job.model_dump_json()}\n\n".encode()

    return StreamingResponse(
        events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


exports: APIRouter = new_router(prefix="/v1/exports", tags=["imports"])


@exports.get(
    "/movies",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
async def export_movies(request: Request, _editor: Editor) -> StreamingResponse:
    """Export every film, one JSON object per line: what an import of `marquee` takes."""
    return StreamingResponse(
        export_films(request.app.state.database),
        media_type="application/x-ndjson",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="movies.ndjson"',
        },
    )
