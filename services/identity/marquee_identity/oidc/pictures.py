"""Fetching a picture from where the provider keeps them, and from nowhere else."""

from typing import Final
from urllib.parse import urlsplit

import httpx2

from marquee_identity.oidc.provider import is_safe
from marquee_identity.settings import IdentitySettings
from marquee_shared.jobs import JobFailed, TryAgain

BYTE_LIMIT: Final = 5_000_000
TIMEOUT_SECONDS: Final = 10.0
SERVER_ERROR: Final = 500
OK: Final = 200


def is_allowed(url: str, settings: IdentitySettings) -> bool:
    """Whether a picture may be fetched: over TLS, from a host of the list or below one."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or not is_safe(url, settings):
        return False
    if parts.scheme == "https" and port not in (None, 443):
        return False
    allowed = settings.picture_hosts
    return host in allowed or any(host.endswith(f".{name}") for name in allowed)


async def fetch_picture(url: str, settings: IdentitySettings) -> bytes:
    """Return the bytes behind an allowed URL; redirects are not followed.

    Raises:
        JobFailed: not allowed, not there, or too large.
        TryAgain: the host is out of reach for now.
    """
    if not is_allowed(url, settings):
        raise JobFailed("pictures are not fetched from there")
    try:
        async with (
            httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client,
            client.stream("GET", url) as answer,
        ):
            if answer.status_code >= SERVER_ERROR:
                raise TryAgain(f"the picture's host answers {answer.status_code}")
            if answer.status_code != OK:
                raise JobFailed(f"the picture's host answers {answer.status_code}")
            content = bytearray()
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > BYTE_LIMIT:
                    raise JobFailed("the picture is too large")
            return bytes(content)
    except httpx2.HTTPError as error:
        raise TryAgain(f"the picture's host: {type(error).__name__}") from error
