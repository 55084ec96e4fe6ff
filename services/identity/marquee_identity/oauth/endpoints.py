"""What members say to applications, and how applications find us."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response, status

from marquee_identity.clients import ClientDep
from marquee_identity.oauth.consent import (
    answer_application,
    answer_device,
    show_consent,
    show_device,
)
from marquee_identity.oauth.metadata import metadata_of
from marquee_identity.oauth.schemas import (
    AuthorizationAnswer,
    AuthorizationRequest,
    Challenge,
    Consent,
    DeviceAnswer,
    DeviceConsent,
    Redirect,
    ScopeText,
    ServerMetadata,
    State,
    Uri,
    UserCode,
)
from marquee_identity.running import ContextDep, PartsDep
from marquee_identity.sessions.members import SignedInMember
from marquee_shared.auth.principals import Principal
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

METADATA_AGE = 3600

router = new_router(tags=["oauth"])


async def _asked(
    client_id: UUID,
    redirect_uri: Annotated[Uri, Query()],
    response_type: Annotated[str, Query(pattern="^code$")],
    code_challenge: Annotated[Challenge, Query()],
    code_challenge_method: Annotated[str, Query(pattern="^S256$")],
    scope: Annotated[ScopeText, Query()] = "read",
    state: Annotated[State | None, Query()] = None,
) -> AuthorizationRequest:
    del response_type, code_challenge_method
    return AuthorizationRequest(
        response_type="code",
        client_id=client_id,
        redirect_uri=redirect_uri,
        code_challenge=code_challenge,
        code_challenge_method="S256",
        scope=scope,
        state=state,
    )


NO_APPLICATION: dict[int | str, dict[str, Any]] = {
    404: {"description": "No application has this id."}
}


@router.get("/v1/oauth/authorize", responses=NO_APPLICATION)
async def ask_for_consent(
    _member: SignedInMember,
    asked: Annotated[AuthorizationRequest, Depends(_asked)],
    session: ReadSessionDep,
) -> Consent:
    """Return what the consent screen shows the caller before they let an application in.

    The page that applications send members to hands on their parameters. What is wrong with a
    request is told here, and nobody is sent anywhere.
    """
    return await show_consent(session, asked)


@router.post("/v1/oauth/authorize", responses=NO_APPLICATION)
async def answer_consent(
    body: AuthorizationAnswer,
    member: SignedInMember,
    session: WriteSessionDep,
    context: ContextDep,
    client: ClientDep,
    language: Language,
) -> Redirect:
    """Let an application act for the caller, or not; the code is good for a minute, once."""
    target = await answer_application(session, context, member, body, client, language)
    return Redirect(redirect_to=target)


async def _counted_member(member: SignedInMember, parts: PartsDep, client: ClientDep) -> Principal:
    """Return the caller, whose tries at user codes are counted."""
    await parts.attempts.user_code(str(member.id), client.network)
    return member


CountedMember = Annotated[Principal, Depends(_counted_member)]


@router.get("/v1/oauth/device", responses={404: {"description": "No device shows this code."}})
async def find_device(
    user_code: Annotated[UserCode, Query(description="As the device shows it, in any case.")],
    _member: CountedMember,
    context: ContextDep,
    session: ReadSessionDep,
) -> DeviceConsent:
    """Return the device that shows a code, for the caller to compare with the one before them.

    Tries are counted: after several, 429 with a growing `Retry-After`.
    """
    return await show_device(session, context.settings, user_code)


@router.post(
    "/v1/oauth/device",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={404: {"description": "No device shows this code."}},
)
async def answer_device_code(
    body: DeviceAnswer,
    member: CountedMember,
    session: WriteSessionDep,
    context: ContextDep,
    client: ClientDep,
    language: Language,
) -> None:
    """Let the device that shows a code act for the caller, or not. One answer counts (409)."""
    await answer_device(
        session, context, member, body.user_code, client, language, approve=body.approve
    )


@router.get("/v1/.well-known/oauth-authorization-server")
async def get_server_metadata(context: ContextDep, response: Response) -> ServerMetadata:
    """Return the addresses and abilities of this OAuth server (RFC 8414)."""
    response.headers["Cache-Control"] = f"public, max-age={METADATA_AGE}"
    return metadata_of(context.settings)
