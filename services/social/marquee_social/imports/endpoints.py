"""The routes of imports."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import File, Form, Query, Request, Response, UploadFile, status

from marquee_shared.auth.dependencies import CurrentMember
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep
from marquee_social.imports import service
from marquee_social.imports.schemas import ImportCommit, ImportRead, ImportRow, RowState
from marquee_social.imports.sources import Source
from marquee_social.limits import limited
from marquee_social.users.authors import Author

router = new_router(prefix="/v1/me/imports", tags=["imports"])

LOCATION: dict[int | str, dict[str, Any]] = {
    202: {"headers": {"Location": {"schema": {"type": "string"}}}}
}


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[limited("import")],
    responses=LOCATION,
)
async def start_import(
    request: Request,
    response: Response,
    session: WriteSessionDep,
    member: Author,
    file: Annotated[
        UploadFile,
        File(
            description="`letterboxd`: its export's ZIP, or one of the files in it. `imdb`: the "
            "CSV of ratings or of the watchlist. `trakt`: JSON of `ratings`, `history` and "
            "`watchlist`, or one of them. `movielens`: the CSV of ratings. `marquee`: the JSON "
            "that `GET /v1/me/history/export` gives. At most 10 MB and 20,000 rows."
        ),
    ],
    source: Annotated[Source, Form(description="Where the file comes from.")],
    dry_run: Annotated[bool, Query(description="Only find the films; take nothing in.")] = False,
) -> ImportRead:
    """Bring along what the caller has elsewhere: ratings, films seen and liked, reviews, watchlist.

    Without `dry_run` the rows that are sure are taken in at once; the others wait for a choice
    (`POST …/commit`). Of two ratings of a film the newer counts. A film that was seen keeps any
    other signal it has, a review that is here stays, and the same file again changes nothing.
    """
    made = await service.start_import(
        session,
        request.app.state.context,
        member.id,
        uploaded=file.file,
        name=file.filename or "",
        source=source,
        dry_run=dry_run,
    )
    response.headers["Location"] = f"/v1/me/imports/{made.id}"
    return made


@router.get("")
async def list_imports(
    member: CurrentMember, session: ReadSessionDep, window: CursorWindowDep
) -> CursorPage[ImportRead]:
    """List the caller's imports, newest first."""
    return await service.list_imports(session, member.id, window)


@router.get("/{import_id}")
async def get_import(import_id: UUID, member: CurrentMember, session: ReadSessionDep) -> ImportRead:
    """Return one of the caller's imports: how far it is, and how many rows are where."""
    return await service.get_import(session, member.id, import_id)


@router.get("/{import_id}/rows")
async def list_rows(
    import_id: UUID,
    member: CurrentMember,
    session: ReadSessionDep,
    window: CursorWindowDep,
    state: Annotated[RowState | None, Query(description="Only rows in this state.")] = None,
) -> CursorPage[ImportRow]:
    """List what an import brings, a film a row, in the order of the file.

    `matched`: the film is sure. `ambiguous`: choose one of `candidates`, or another. `unmatched`:
    none was found. `invalid`: the row names no film or brings nothing that can be taken.
    """
    return await service.list_rows(session, member.id, import_id, state, window)


@router.post("/{import_id}/commit", status_code=status.HTTP_202_ACCEPTED, responses=LOCATION)
async def commit_import(
    import_id: UUID,
    body: ImportCommit,
    member: Author,
    session: WriteSessionDep,
    request: Request,
    response: Response,
) -> ImportRead:
    """Take in all rows that are sure, and those whose films are chosen here.

    May be done again with more choices.
    """
    context = request.app.state.context
    made = await service.commit_import(session, context, member.id, import_id, body.choices)
    response.headers["Location"] = f"/v1/me/imports/{made.id}"
    return made


@router.delete("/{import_id}", status_code=status.HTTP_204_NO_CONTENT)
async def undo_import(import_id: UUID, member: Author, session: WriteSessionDep) -> None:
    """Undo an import: earlier ratings and signals come back, what it added goes.

    What the caller changed since stays as it is.
    """
    await service.undo_import(session, member.id, import_id)
