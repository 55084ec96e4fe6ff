"""What a member says to an application: by redirect, or by the code that a device shows."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from uuid6 import uuid7

from marquee_identity.applications.errors import ApplicationNotFound
from marquee_identity.applications.models import Application
from marquee_identity.applications.repository import find_application, keep_application
from marquee_identity.applications.schemas import ApplicationShown
from marquee_identity.applications.uris import is_registered, with_parameters
from marquee_identity.clients import Client
from marquee_identity.oauth import repository
from marquee_identity.oauth.codes import code_hash, new_code, user_code_hash
from marquee_identity.oauth.errors import (
    AlreadyAnswered,
    RedirectUriNotRegistered,
    UserCodeNotFound,
)
from marquee_identity.oauth.metadata import issuer_of
from marquee_identity.oauth.schemas import (
    AuthorizationAnswer,
    AuthorizationRequest,
    Consent,
    DeviceConsent,
    split_scope,
)
from marquee_identity.security.service import record_event
from marquee_identity.sessions.repository import is_live
from marquee_identity.settings import IdentitySettings
from marquee_identity.users.models import User
from marquee_identity.users.service import lock_me
from marquee_shared.auth.principals import Principal
from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.problems import InvalidToken
from marquee_shared.service import Context

CODE_LIFETIME: Final = timedelta(seconds=60)
AUTHORIZED: Final = "application_authorized"


def _require_registered(application: Application | None, redirect_uri: str) -> Application:
    if application is None:
        raise ApplicationNotFound
    if not is_registered(redirect_uri, application.redirect_uris):
        raise RedirectUriNotRegistered
    return application


async def show_consent(session: ReadSession, asked: AuthorizationRequest) -> Consent:
    """Return what a member is to be asked.

    Raises:
        ApplicationNotFound: nobody with this `client_id`.
        RedirectUriNotRegistered: it does not live there.
    """
    found = await find_application(session, asked.client_id)
    application = _require_registered(found, asked.redirect_uri)
    return Consent(
        application=ApplicationShown.model_validate(application),
        scopes=split_scope(asked.scope),
        redirect_uri=asked.redirect_uri,
    )


async def _lock_signed_in(session: WriteSession, member: Principal) -> User:
    """Return the caller for change, if their session has not just ended.

    Raises:
        InvalidToken: it has.
    """
    user = await lock_me(session, member.id)
    if member.session_id is None or not await is_live(session, member.session_id, member.id):
        raise InvalidToken
    return user


async def answer_application(
    session: WriteSession,
    context: Context[IdentitySettings],
    member: Principal,
    answer: AuthorizationAnswer,
    client: Client,
    language: str,
) -> str:
    """Return where to send the member's browser, with a code where they approve.

    Raises:
        ApplicationNotFound: nobody with this `client_id`.
        RedirectUriNotRegistered: it does not live there.
    """
    application = _require_registered(
        await keep_application(session, answer.client_id), answer.redirect_uri
    )
    told = {} if answer.state is None else {"state": answer.state}
    told["iss"] = issuer_of(context.settings)
    if not answer.approve:
        return with_parameters(answer.redirect_uri, {"error": "access_denied", **told})
    user = await _lock_signed_in(session, member)
    code = new_code()
    await repository.insert_authorization(
        session,
        lifetime=CODE_LIFETIME,
        id=UUID(int=uuid7().int),
        application_id=application.id,
        code_hash=code_hash(code),
        user_id=user.id,
        scopes=split_scope(answer.scope),
        redirect_uri=answer.redirect_uri,
        challenge=answer.code_challenge,
        state="approved",
        device=client.device,
        address=client.address,
        interval_seconds=0,
    )
    await record_event(session, context, user, AUTHORIZED, client, language=language)
    return with_parameters(answer.redirect_uri, {"code": code, **told})


async def show_device(
    session: ReadSession, settings: IdentitySettings, user_code: str
) -> DeviceConsent:
    """Return the device that shows a code.

    Raises:
        UserCodeNotFound: none does, or no longer.
    """
    found = await repository.find_device(session, user_code_hash(settings.secret_key, user_code))
    if found is None or found.state != "pending":
        raise UserCodeNotFound
    return DeviceConsent(
        application=ApplicationShown(id=found.application_id, name=found.application_name),
        scopes=found.scopes,
        device=found.device,
        address=found.address,
    )


async def answer_device(
    session: WriteSession,
    context: Context[Any],
    member: Principal,
    user_code: str,
    client: Client,
    language: str,
    *,
    approve: bool,
) -> None:
    """Let the device that shows a code in, or not.

    Raises:
        UserCodeNotFound: none does, or no longer.
        AlreadyAnswered: somebody was faster.
    """
    user = await _lock_signed_in(session, member)
    found = await repository.find_device(
        session, user_code_hash(context.settings.secret_key, user_code)
    )
    if found is None:
        raise UserCodeNotFound
    state = "approved" if approve else "denied"
    if not await repository.answer_device(session, found.id, user.id, state=state):
        raise AlreadyAnswered
    if approve:
        await record_event(session, context, user, AUTHORIZED, client, language=language)
