"""The provider, as its discovery document describes it (OpenID Connect Core and Discovery 1.0)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from marquee_identity.oidc.errors import ProviderUnavailable, SignInRefused
from marquee_identity.oidc.pending import Pending, s256
from marquee_identity.settings import IdentitySettings
from marquee_shared.languages import supported

ALGORITHMS: Final = ["RS256", "ES256"]
SCOPE: Final = "openid email profile"
TIMEOUT_SECONDS: Final = 5.0
FRESH_SECONDS: Final = 3600.0
LEEWAY_SECONDS: Final = 60
NAMED: Final = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
"""What we need of a discovery document: URLs, all of them."""


@dataclass(frozen=True, slots=True)
class ProvidedIdentity:
    """Who a provider says has signed in."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    first_name: str | None
    last_name: str | None
    picture: str | None
    language: str | None


def is_safe(url: str, settings: IdentitySettings) -> bool:
    """Whether a URL is https, or plain http to a host that the settings name."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.netloc in settings.plain_http_hosts
    )


class Provider:
    """One provider and our client there; its document and keys are kept for an hour."""

    def __init__(self, settings: IdentitySettings) -> None:
        self._settings = settings
        self._client_id = settings.google_client_id or ""
        self._document: dict[str, str] = {}
        self._keys: KeySet | None = None
        self._read_at = float("-inf")

    async def authorization_url(self, state: str, pending: Pending) -> str:
        """Return where the member signs in.

        Raises:
            ProviderUnavailable: it cannot be found out.
        """
        document = await self._discover()
        url, _ = self._client().create_authorization_url(
            document["authorization_endpoint"],
            state=state,
            nonce=pending.nonce,
            code_challenge=s256(pending.verifier),
            code_challenge_method="S256",
        )
        return str(url)

    async def exchange(self, code: str, pending: Pending) -> ProvidedIdentity:
        """Trade a code for the identity of who signed in.

        Raises:
            SignInRefused: the provider refuses the code.
            ProviderUnavailable: it cannot be reached, or its answer is not to be believed.
        """
        document = await self._discover()
        try:
            async with self._client() as client:
                answer = await client.fetch_token(
                    document["token_endpoint"], code=code, code_verifier=pending.verifier
                )
        except OAuthError as error:
            raise SignInRefused from error
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderUnavailable from error
        claims = await self._verified(answer.get("id_token"))
        if claims.get("nonce") != pending.nonce:
            raise SignInRefused
        return _identity(claims)

    def _client(self) -> AsyncOAuth2Client:
        secret = self._settings.google_client_secret
        return AsyncOAuth2Client(
            client_id=self._client_id,
            client_secret=secret.get_secret_value() if secret is not None else None,
            redirect_uri=self._settings.google_redirect_uri,
            scope=SCOPE,
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )

    async def _get(self, url: str) -> Any:
        if not is_safe(url, self._settings):
            raise ProviderUnavailable
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
                answer = await client.get(url)
                answer.raise_for_status()
                return answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderUnavailable from error

    async def _discover(self) -> Mapping[str, str]:
        if not self._document or time.monotonic() - self._read_at > FRESH_SECONDS:
            document = await self._get(self._settings.google_discovery_url)
            urls = [document.get(name) for name in NAMED] if isinstance(document, dict) else []
            if not urls or not all(isinstance(u, str) and is_safe(u, self._settings) for u in urls):
                raise ProviderUnavailable
            self._document, self._keys = document, None
            self._read_at = time.monotonic()
        return self._document

    async def _verified(self, id_token: Any) -> dict[str, Any]:
        """Return the claims of an ID token that is this provider's and for us."""
        if not isinstance(id_token, str):
            raise ProviderUnavailable
        fresh = self._keys is None
        keys = self._keys or await self._fetch_keys()
        try:
            try:
                claims = jwt.decode(id_token, keys, algorithms=ALGORITHMS).claims
            except (JoseError, ValueError):
                if fresh:
                    raise
                keys = await self._fetch_keys()  # it may have been rotated
                claims = jwt.decode(id_token, keys, algorithms=ALGORITHMS).claims
            self._check(claims)
        except (JoseError, ValueError) as error:
            raise ProviderUnavailable from error
        return dict(claims)

    async def _fetch_keys(self) -> KeySet:
        try:
            self._keys = KeySet.import_key_set(await self._get(self._document["jwks_uri"]))
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderUnavailable from error
        return self._keys

    def _check(self, claims: Mapping[str, Any]) -> None:
        jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._document["issuer"]},
            aud={"essential": True, "value": self._client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        ).validate(dict(claims))
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._client_id) != self._client_id:
            message = "the token is for another client"
            raise ValueError(message)


def _text(claims: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = claims.get(name)
    if not isinstance(value, str):
        return None
    return "".join(c for c in value if c.isprintable()).strip()[:longest] or None


def _identity(claims: Mapping[str, Any]) -> ProvidedIdentity:
    return ProvidedIdentity(
        issuer=claims["iss"],
        subject=str(claims["sub"])[:255],
        email=_text(claims, "email", 254),
        email_verified=claims.get("email_verified") is True,
        first_name=_text(claims, "given_name", 100),
        last_name=_text(claims, "family_name", 100),
        picture=_text(claims, "picture", 2000),
        language=supported(_text(claims, "locale", 35)),
    )
