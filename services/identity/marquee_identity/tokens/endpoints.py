"""Introspection, for the other services; the gateway routes nothing to it."""

from typing import Annotated, Any

from pydantic import StringConstraints

from marquee_identity.tokens.service import introspect
from marquee_shared.routing import new_router
from marquee_shared.schemas import RequestModel
from marquee_shared.sessions import WriteSessionDep

router = new_router()


class GivenToken(RequestModel):
    """A token to ask after."""

    token: Annotated[str, StringConstraints(max_length=500)]


@router.post("/internal/introspect", include_in_schema=False)
async def introspect_token(body: GivenToken, session: WriteSessionDep) -> dict[str, Any]:
    """Say what an opaque token stands for (RFC 7662)."""
    return await introspect(session, body.token)
