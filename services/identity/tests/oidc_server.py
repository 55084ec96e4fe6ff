"""An OpenID Connect provider of our own: real HTTP, its own keys, and faults on demand."""

import asyncio
import base64
import secrets
import time
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

from marquee_identity.oidc.pending import s256

CLIENT_ID = "marquee-test"
CLIENT_SECRET = "their secret for us"


class OidcServer:
    """Signs whoever in that `person` describes; `claims` replace those of the ID token."""

    def __init__(self):
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.published = [self.key]
        self.person = {
            "sub": "1234",
            "email": "ada@mail.example",
            "email_verified": True,
            "given_name": "Ada",
            "family_name": "Lovelace",
            "locale": "fr-CA",
        }
        self.claims = {}
        self.document = {}
        self.pictures = {}
        self.requests = []
        self._codes = {}
        self.url = ""

    def authorize(self, url):
        """Do what a member does in the browser; return the code and state that come back."""
        query = {key: value[0] for key, value in parse_qs(urlsplit(url).query).items()}
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        assert {"openid", "email", "profile"} <= set(query["scope"].split())
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        return {"code": code, "state": query["state"]}

    def app(self):
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        async def discovery():
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                **self.document,
            }

        @app.get("/keys")
        async def keys():
            return {"keys": [key.as_dict(private=False) for key in self.published]}

        @app.post("/token")
        async def token(request: Request):
            form = {k: v[0] for k, v in parse_qs((await request.body()).decode()).items()}
            asked = self._codes.pop(form["code"], None)
            basic = request.headers["authorization"].removeprefix("Basic ")
            assert base64.b64decode(basic).decode() == f"{CLIENT_ID}:{CLIENT_SECRET}"
            if (
                asked is None
                or form["redirect_uri"] != asked["redirect_uri"]
                or s256(form["code_verifier"]) != asked["code_challenge"]
            ):
                return JSONResponse({"error": "invalid_grant"}, status_code=400)
            now = int(time.time())
            claims = {
                "iss": self.url,
                "aud": CLIENT_ID,
                "iat": now,
                "exp": now + 300,
                "nonce": asked["nonce"],
                **self.person,
                **self.claims,
            }
            header = {"alg": "RS256", "kid": self.key.kid}
            return {
                "access_token": secrets.token_urlsafe(8),
                "token_type": "Bearer",
                "id_token": jwt.encode(header, claims, self.key),
            }

        @app.get("/picture/{name}")
        async def picture(name: str):
            self.requests.append(name)
            status, content = self.pictures[name]
            headers = {"location": f"{self.url}/picture/ada"} if status == 302 else {}
            return Response(content, status_code=status, headers=headers)

        return app


@asynccontextmanager
async def oidc_server():
    """Run a provider on a free port."""
    provider = OidcServer()
    config = uvicorn.Config(
        provider.app(), host="127.0.0.1", port=0, log_config=None, lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    provider.url = f"http://127.0.0.1:{port}"
    try:
        yield provider
    finally:
        server.should_exit = True
        await running
