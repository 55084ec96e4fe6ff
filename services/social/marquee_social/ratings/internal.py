"""Catalog's way to see at night whether an event about ratings was lost."""

from typing import Annotated

from fastapi import Query
from sqlalchemy import text

from marquee_shared.routing import new_router
from marquee_shared.schemas import ResponseModel
from marquee_shared.sessions import ReadSessionDep
from marquee_social.ratings import repository
from marquee_social.ratings.scale import average

router = new_router(tags=["internal"])


class Total(ResponseModel):
    """A film's ratings as last told."""

    movie_id: int
    count: int
    average: float | None
    revision: int


class Totals(ResponseModel):
    """Some films' ratings; `epoch` goes with every revision."""

    items: list[Total]
    epoch: int


@router.get("/internal/ratings/totals", include_in_schema=False)
async def list_totals(
    session: ReadSessionDep,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> Totals:
    """Return the ratings of films after one, by id."""
    epoch = await session.scalar(text("SELECT epoch FROM relay_state"))
    rows = await repository.totals_after(session, after, limit)
    return Totals(
        items=[
            Total(
                movie_id=row.movie_id,
                count=sum(row.counts),
                average=average(row.counts),
                revision=row.revision,
            )
            for row in rows
        ],
        epoch=epoch or 1,
    )
