"""Routes of people."""

from typing import Annotated

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
from marquee_catalog.movies.pages import JSON, json_page
from marquee_catalog.movies.schemas import MovieSummary
from marquee_catalog.people import editing, repository, service
from marquee_catalog.people.models import Person
from marquee_catalog.people.schemas import (
    BiographyRead,
    BiographyWrite,
    Job,
    MergeInto,
    PersonCreate,
    PersonRead,
    PersonSummary,
    PersonUpdate,
)
from marquee_shared.caching import purge, tag_answer
from marquee_shared.conditional import PreconditionsDep, set_revision
from marquee_shared.database import WriteSession
from marquee_shared.pagination import BrowsePage, BrowseWindowDep, CursorPage, CursorWindowDep
from marquee_shared.routing import Language, new_router
from marquee_shared.schemas import ResponseModel
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

router: APIRouter = new_router(prefix="/v1/people", tags=["people"])

Role = Annotated[Job | None, Query(description="Only those, or only films, with this job.")]


class FilmRole(ResponseModel):
    """What the person did in the film."""

    job: Job
    character: str | None


class FilmographyItem(MovieSummary):
    """A film and what the person did in it."""

    roles: list[FilmRole]


@router.get("", response_model_exclude_unset=True)
async def list_people(
    session: ReadSessionDep,
    window: BrowseWindowDep,
    response: Response,
    q: Annotated[str | None, Query(max_length=200, description="Words of the name.")] = None,
    role: Role = None,
) -> BrowsePage[PersonSummary]:
    """List people A to Z, or find them by name; those with more films come first then."""
    tag_answer(response, "people")
    return await service.list_people(session, q=q, role=role, window=window)


@router.get("/{slug}", response_model=PersonRead, responses=MOVED)
async def get_person(
    slug: SlugPath,
    session: ReadSessionDep,
    request: Request,
    language: Language,
    include: Annotated[
        str | None, Query(max_length=100, description="`translations`: every biography.")
    ] = None,
) -> Response:
    """Return someone in full, the biography in the language of the answer where there is one."""
    person = await service.get_person(session, slug, include=include, language=language)
    set_revision(request, person.revision)
    response = Response(person.body, media_type=JSON)
    tag_answer(response, f"person:{person.id}", "people")
    return response


@router.get("/{slug}/movies", response_model=CursorPage[FilmographyItem], responses=MOVED)
async def list_person_movies(
    slug: SlugPath,
    session: ReadSessionDep,
    window: CursorWindowDep,
    language: Language,
    role: Role = None,
) -> Response:
    """List someone's films, newest first, and what they did in each."""
    person = await service.get_person(session, slug, language=language)
    rows = await repository.read_films(session, person.id, role, window, language=language)
    response = json_page(
        window, [row.body for row in rows], [(row.day.isoformat(), row.id) for row in rows]
    )
    tag_answer(response, f"person:{person.id}", "movies")
    return response


async def _written(
    session: WriteSession, person: Person, language: str, *others: int, status_code: int = 200
) -> Response:
    read = await service.get_person(session, person.slug, language=language)
    response = Response(read.body, status_code=status_code, media_type=JSON)
    purge(response, *(f"person:{number}" for number in (person.id, *others)), "people")
    return response


@router.post("", status_code=status.HTTP_201_CREATED, response_model=PersonRead, responses=CREATED)
async def create_person(
    body: PersonCreate, session: WriteSessionDep, editor: Editor, language: Language
) -> Response:
    """Add someone. Another of the same name gets a slug of their own."""
    person = await editing.create_person(session, editor, body)
    response = await _written(session, person, language, status_code=status.HTTP_201_CREATED)
    response.headers["Location"] = f"/v1/people/{person.slug}"
    return response


@router.patch("/{slug}", response_model=PersonRead, responses=MOVED)
async def update_person(
    slug: SlugPath,
    body: PersonUpdate,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    language: Language,
    request: Request,
) -> Response:
    """Change someone. Under another name their films follow within moments."""
    person = await editing.update_person(
        session, request.app.state.context, editor, slug, body, preconditions
    )
    return await _written(session, person, language)


@router.delete("/{slug}", status_code=status.HTTP_204_NO_CONTENT, responses=MOVED)
async def delete_person(
    slug: SlugPath,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    for_good: ForGood,
    request: Request,
) -> Response:
    """Take someone out of sight and off their films; they can be restored, unless for good."""
    context = request.app.state.context
    person_id = await editing.delete_person(
        session, context, editor, slug, preconditions, for_good=for_good
    )
    response = Response(status_code=status.HTTP_204_NO_CONTENT)
    purge(response, f"person:{person_id}", "people")
    return response


@router.post("/{slug}/restore", response_model=PersonRead, responses=MOVED)
async def restore_person(
    slug: SlugPath,
    session: WriteSessionDep,
    editor: Editor,
    language: Language,
    request: Request,
) -> Response:
    """Bring someone who was deleted back; 200 as well when they are there."""
    context = request.app.state.context
    person = await editing.restore_person(session, context, editor, slug)
    return await _written(session, person, language)


@router.post("/{slug}/merge", response_model=PersonRead, responses=MOVED)
async def merge_people(
    slug: SlugPath,
    body: MergeInto,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    language: Language,
    request: Request,
) -> Response:
    """Make this person part of another record of theirs; this slug answers 308 from then on."""
    context = request.app.state.context
    person, gone = await editing.merge_people(
        session, context, editor, slug, body.into, preconditions
    )
    return await _written(session, person, language, *gone)


@router.put(
    "/{slug}/translations/{code}",
    responses={201: {"model": BiographyRead, "description": "It is new."}, **MOVED},
)
async def put_biography(
    slug: SlugPath,
    code: LanguageCode,
    body: BiographyWrite,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
    response: Response,
) -> BiographyRead:
    """Set someone's biography in one language."""
    person, created = await editing.put_biography(
        session, editor, slug, code, body.biography, preconditions
    )
    if created:
        response.status_code = status.HTTP_201_CREATED
    purge(response, f"person:{person.id}")
    return BiographyRead(biography=body.biography)


@router.delete(
    "/{slug}/translations/{code}", status_code=status.HTTP_204_NO_CONTENT, responses=MOVED
)
async def delete_biography(
    slug: SlugPath,
    code: LanguageCode,
    session: WriteSessionDep,
    editor: Editor,
    preconditions: PreconditionsDep,
) -> Response:
    """Take a language away; 204 as well when it is not there."""
    person, _ = await editing.put_biography(session, editor, slug, code, None, preconditions)
    response = Response(status_code=status.HTTP_204_NO_CONTENT)
    purge(response, f"person:{person.id}")
    return response


@router.get("/{slug}/audit", responses=MOVED)
async def list_changes(
    slug: SlugPath, session: ReadSessionDep, _editor: Editor, window: CursorWindowDep
) -> CursorPage[AuditEntryRead]:
    """List who changed what of someone, the latest first; of someone deleted too."""
    person_id = await service.find_any_id(session, slug)
    return await read_entries(session, service.KIND, person_id, window)
