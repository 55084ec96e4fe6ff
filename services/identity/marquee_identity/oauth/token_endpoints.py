"""What applications call. Errors are OAuth's (RFC 6749, 5.2), not problems."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final

from fastapi import Form, Request
from joserfc.jwk import ECKey

from marquee_identity.clients import Client, ClientDep
from marquee_identity.oauth.errors import OAuthRefused
from marquee_identity.oauth.metadata import DEVICE_GRANT
from marquee_identity.oauth.routing import new_oauth_router
from marquee_identity.oauth.schemas import (
    DeviceCodes,
    DeviceRequest,
    RevocationRequest,
    TokenAnswer,
    TokenRequest,
)
from marquee_identity.oauth.tokens import (
    begin_device,
    exchange_code,
    poll_device,
    revoke,
    spend_refresh_token,
)
from marquee_identity.running import ContextDep, PartsDep
from marquee_identity.sessions.access_tokens import SigningKeyDep
from marquee_identity.settings import IdentitySettings
from marquee_shared.auth.tokens import TokenVerifier
from marquee_shared.database import WriteSession
from marquee_shared.service import Context
from marquee_shared.sessions import WriteSessionDep

Grant = Callable[
    [WriteSession, Context[IdentitySettings], TokenRequest, Client, ECKey], Awaitable[TokenAnswer]
]
GRANTS: Final[Mapping[str, Grant]] = {
    "authorization_code": exchange_code,
    "refresh_token": spend_refresh_token,
    DEVICE_GRANT: poll_device,
}

router = new_oauth_router()


@router.post("/token")
async def issue_application_tokens(
    form: Annotated[TokenRequest, Form()],
    signing_key: SigningKeyDep,
    session: WriteSessionDep,
    context: ContextDep,
    client: ClientDep,
) -> TokenAnswer:
    """Give an application tokens for a code, a refresh token or a device code.

    Its access tokens may do what their scope says, where personal tokens may. A code used twice
    ends what it gave; a refresh token works once, as a session's does. A device that polls is told
    `authorization_pending`, `slow_down`, `access_denied` or `expired_token` (RFC 8628).
    """
    grant = GRANTS.get(form.grant_type)
    if grant is None:
        raise OAuthRefused("unsupported_grant_type", f"One of: {', '.join(GRANTS)}.")
    return await grant(session, context, form, client, signing_key)


@router.post("/device_authorization")
async def authorize_device(
    form: Annotated[DeviceRequest, Form()],
    parts: PartsDep,
    client: ClientDep,
    session: WriteSessionDep,
    context: ContextDep,
) -> DeviceCodes:
    """Give a device a code to show and one to poll with (RFC 8628); both last ten minutes."""
    await parts.attempts.device(client.network)
    return await begin_device(session, context.settings, form.client_id, form.scope, client)


@router.post("/revoke")
async def revoke_application_token(
    form: Annotated[RevocationRequest, Form()], session: WriteSessionDep, request: Request
) -> None:
    """End what a token of the application belongs to (RFC 7009); an unknown one is 200, too."""
    verifier: TokenVerifier = request.app.state.verifier
    await revoke(session, verifier, form.client_id, form.token)
