"""The published key set."""

from fastapi import Response

from marquee_identity.keys.schemas import KeySet
from marquee_identity.running import PartsDep
from marquee_shared.routing import new_router

MAX_AGE = 60

router = new_router(tags=["keys"])


@router.get("/v1/.well-known/jwks.json")
async def get_key_set(parts: PartsDep, response: Response) -> KeySet:
    """Return the keys that access tokens verify with: current, next, and recently retired."""
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    return KeySet.model_validate(await parts.keys.published())
