"""Files for the data team's own tools."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from marquee_recommender.exports.formats import MEDIA_TYPES, Format
from marquee_recommender.exports.service import open_batches
from marquee_recommender.exports.sources import Place, What
from marquee_recommender.serving import serving_of
from marquee_shared.auth.dependencies import require_scope
from marquee_shared.auth.principals import Principal
from marquee_shared.routing import new_router

router = new_router(prefix="/v1/recommender/exports", tags=["recommender"])

ScientistDep = Annotated[Principal, Depends(require_scope("recommender"))]
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {
            media.partition(";")[0]: {"schema": {"type": "string"}}
            for media in MEDIA_TYPES.values()
        },
    }
}


@router.get("/{what}", response_class=StreamingResponse, responses=FILE)
async def export_data(
    what: Annotated[What, Path(description="What to export.")],
    request: Request,
    _scientist: ScientistDep,
    form: Annotated[Format, Query(alias="format", description="The file's format.")] = "ndjson",
    since: Annotated[
        AwareDatetime | None, Query(description="Of `interactions`: those from then on.")
    ] = None,
    limit: Annotated[
        int | None, Query(ge=1, le=100, description="Of `recommendations`: films a member; 20.")
    ] = None,
) -> StreamingResponse:
    """Stream a file of what the recommender knows, however large.

    `interactions`: `user, item, kind, rating, at`. `items`: the films with slugs of genres, tags
    and people. `factors`: the vector of each film in the model that ranks. `recommendations`:
    `user, rank, item, score, model` for everybody, without reasons. Interactions and items are
    as they were at one moment. In CSV a list is JSON in its cell. A connection that ends early
    means an incomplete file. 409 `no_model` where that needs a model; 429 while too many run.
    """
    serving = serving_of(request)
    place = Place(request.app.state.database, serving.catalog)
    batches = open_batches(place, serving.model.current, what, since, limit)
    chunks = serving.exports.begin(batches, what, form)
    name = f"{what}-{datetime.now(UTC):%Y%m%d-%H%M%S}.{form}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(chunks, media_type=MEDIA_TYPES[form], headers=headers)
