"""The typeahead's route."""

from typing import Annotated, get_args

from fastapi import APIRouter, Query, Response

from marquee_catalog.search.schemas import Suggestions, Type
from marquee_catalog.search.typeahead import suggest
from marquee_shared.caching import tag_answer
from marquee_shared.problems import Invalid
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import ReadSessionDep

router: APIRouter = new_router(prefix="/v1/search", tags=["search"])

TYPES: tuple[Type, ...] = get_args(Type)


def _chosen(wanted: str | None) -> frozenset[Type]:
    named = {part.strip() for part in (wanted or "").split(",") if part.strip()}
    if unknown := sorted(named - set(TYPES)):
        raise Invalid.at("/query/types", "unknown_type", f"There is no type {unknown[0]!r}.")
    return frozenset(type_ for type_ in TYPES if not named or type_ in named)


@router.get("")
async def search(
    session: ReadSessionDep,
    language: Language,
    response: Response,
    q: Annotated[str, Query(max_length=200, description="What has been typed so far.")],
    types: Annotated[
        str | None,
        Query(max_length=50, description="Comma-separated: `movie`, `person`, `genre`; else all."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=20)] = 10,
) -> Suggestions:
    """Suggest films, people and genres for what is being typed.

    The last word may be unfinished, each word may have one typo, and accents do not matter. A
    film is found by its title in any language, and shown under the title that matches.
    """
    found = await suggest(session, q, _chosen(types), limit=limit, language=language)
    tag_answer(response, "movies", "people", "genres")
    return Suggestions(items=found)
