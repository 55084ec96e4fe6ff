"""Identity as its own peer: the token verifier asks for keys and opaque tokens in-process."""

from collections.abc import Mapping
from typing import Any

from marquee_identity.keys.ring import KeyRing
from marquee_identity.tokens.service import introspect
from marquee_shared.database import Database
from marquee_shared.peers import Peer


class Itself(Peer):
    """Answers the two calls that `verification` makes, without HTTP."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        super().__init__("identity", "")
        self._database = database
        self._keys = keys

    async def json(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature of Peer
    ) -> tuple[int, Any]:
        """Answer as the route would."""
        del params, token, headers, timeout
        match method, path:
            case "GET", "/v1/.well-known/jwks.json":
                return 200, await self._keys.published()
            case "POST", "/internal/introspect":
                async with self._database.transaction() as session:
                    return 200, await introspect(session, body["token"])
            case _:
                message = f"identity does not call itself for {method} {path}"
                raise ValueError(message)
