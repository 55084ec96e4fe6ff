"""Routes of genres."""

from fastapi import APIRouter, Response

from marquee_catalog.genres import repository
from marquee_catalog.genres.schemas import GenreRead
from marquee_shared.caching import tag_answer
from marquee_shared.pagination import BrowsePage, BrowseWindowDep
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import ReadSessionDep

router: APIRouter = new_router(prefix="/v1/genres", tags=["genres"])


@router.get("", response_model_exclude_unset=True)
async def list_genres(
    session: ReadSessionDep, window: BrowseWindowDep, language: Language, response: Response
) -> BrowsePage[GenreRead]:
    """List the genres, A to Z in the language of the answer."""
    rows = await repository.read_genres(session, window, language=language)
    page = BrowsePage[GenreRead](
        items=[GenreRead.model_validate(row) for row in rows[: window.limit]],
        next_cursor=window.next_cursor([(row.name, row.id) for row in rows]),
    )
    if window.page is not None:
        page.page = window.page
        page.total = await repository.count_genres(session)
        page.pages = window.pages(page.total)
    tag_answer(response, "genres")
    return page
