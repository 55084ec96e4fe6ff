"""Routes of signing in by Google, or by whatever provider is configured in its place."""

from typing import Annotated, Any, Final

from fastapi import Depends, Query, Response

from marquee_identity.clients import ClientDep
from marquee_identity.oidc import pending
from marquee_identity.oidc.errors import ProviderNotConfigured
from marquee_identity.oidc.provider import ProvidedIdentity, Provider
from marquee_identity.oidc.schemas import Challenge, SignInCompleted, SignInStarted
from marquee_identity.oidc.service import sign_in_by_provider
from marquee_identity.running import ContextDep, PartsDep
from marquee_identity.sessions.access_tokens import SigningKeyDep
from marquee_identity.sessions.schemas import SignedIn
from marquee_shared.problems import MEDIA_TYPE
from marquee_shared.routing import Language, new_router
from marquee_shared.sessions import WriteSessionDep

PROBLEM: Final = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
NOT_HERE: Final[dict[int | str, dict[str, Any]]] = {
    404: {"description": "No provider is configured.", "content": PROBLEM}
}

router = new_router(prefix="/v1/auth/google", tags=["sessions"])


async def _provider(parts: PartsDep) -> Provider:
    if parts.provider is None:
        raise ProviderNotConfigured
    return parts.provider


ProviderDep = Annotated[Provider, Depends(_provider)]


@router.get("", responses=NOT_HERE)
async def start_sign_in(
    provider: ProviderDep,
    context: ContextDep,
    response: Response,
    challenge: Annotated[
        Challenge | None,
        Query(description="S256 of a secret of the client's, which it then has to bring back."),
    ] = None,
) -> SignInStarted:
    """Begin a sign-in: where to send the member, with PKCE, state and nonce.

    The provider sends them back to the configured address with `code` and `state`, which the
    client gives to `POST /v1/auth/google` within 10 minutes. A client that sends a `challenge`
    makes sure that nobody else can complete the sign-in.
    """
    response.headers["Cache-Control"] = "no-store"
    state, kept = await pending.begin(context.redis, challenge)
    return SignInStarted(
        authorization_url=await provider.authorization_url(state, kept),
        state=state,
        expires_in=pending.LIFETIME_SECONDS,
    )


async def _identity(
    body: SignInCompleted,
    provider: ProviderDep,
    context: ContextDep,
    parts: PartsDep,
    client: ClientDep,
) -> ProvidedIdentity:
    """Ask the provider before a transaction is opened."""
    await parts.attempts.sign_up(client.network)
    kept = await pending.take(context.redis, body.state, body.verifier)
    return await provider.exchange(body.code, kept)


@router.post("", responses=NOT_HERE)
async def complete_sign_in(
    identity: Annotated[ProvidedIdentity, Depends(_identity)],
    signing_key: SigningKeyDep,
    session: WriteSessionDep,
    context: ContextDep,
    client: ClientDep,
    language: Language,
) -> SignedIn:
    """Complete a sign-in with what the provider sent; a new identity makes an account.

    An identity is linked to an account that exists only if the provider vouches for the address
    (else 403 `provider_email_not_verified`) and the account has confirmed it (else 409
    `account_not_verified`). A state works once; whatever is wrong with state or code is 422
    `sign_in_refused`.
    """
    return await sign_in_by_provider(session, context, identity, client, signing_key, language)
