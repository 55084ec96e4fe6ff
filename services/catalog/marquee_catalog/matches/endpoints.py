"""Which films do these rows mean? Never routed from outside."""

from marquee_catalog.matches.repository import find_matches
from marquee_catalog.matches.schemas import Candidate, Match, Matches, MatchesWrite
from marquee_catalog.movies.schemas import MovieSummary
from marquee_shared.routing import new_router
from marquee_shared.sessions import ReadSessionDep

router = new_router(tags=["internal"])

LANGUAGE = "en"


@router.post("/internal/matches", include_in_schema=False)
async def find(body: MatchesWrite, session: ReadSessionDep) -> Matches:
    """Return the films that each row may mean."""
    items = [Match(candidates=[]) for _ in body.rows]
    for row in await find_matches(session, body.rows, LANGUAGE):
        items[row.number].candidates.append(
            Candidate(
                movie=MovieSummary.model_validate(row),
                external_ids=row.external_ids,
                confidence=row.confidence,
            )
        )
    return Matches(items=items)
