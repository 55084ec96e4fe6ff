"""Routes of people."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from marquee_catalog.movies.pages import JSON, json_page
from marquee_catalog.movies.schemas import MovieSummary
from marquee_catalog.people import repository, service
from marquee_catalog.people.schemas import Job, PersonRead, PersonSummary
from marquee_shared.caching import tag_answer
from marquee_shared.conditional import set_revision
from marquee_shared.pagination import BrowsePage, BrowseWindowDep, CursorPage, CursorWindowDep
from marquee_shared.routing import Language, new_router
from marquee_shared.schemas import ResponseModel
from marquee_shared.sessions import ReadSessionDep

router: APIRouter = new_router(prefix="/v1/people", tags=["people"])

PersonSlug = Annotated[str, Path(max_length=200)]
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


@router.get("/{slug}", response_model=PersonRead)
async def get_person(slug: PersonSlug, session: ReadSessionDep, request: Request) -> Response:
    """Return someone in full."""
    person = await service.get_person(session, slug)
    set_revision(request, person.revision)
    response = Response(person.body, media_type=JSON)
    tag_answer(response, f"person:{person.id}", "people")
    return response


@router.get("/{slug}/movies", response_model=CursorPage[FilmographyItem])
async def list_person_movies(
    slug: PersonSlug,
    session: ReadSessionDep,
    window: CursorWindowDep,
    language: Language,
    role: Role = None,
) -> Response:
    """List someone's films, newest first, and what they did in each."""
    person = await service.get_person(session, slug)
    rows = await repository.read_films(session, person.id, role, window, language=language)
    response = json_page(
        window, [row.body for row in rows], [(row.day.isoformat(), row.id) for row in rows]
    )
    tag_answer(response, f"person:{person.id}", "movies")
    return response
