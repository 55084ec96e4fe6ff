"""The JWK set as published."""

from typing import Literal

from marquee_shared.schemas import ResponseModel


class PublicKey(ResponseModel):
    """One verification key (RFC 7517)."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str
    kid: str
    use: Literal["sig"]
    alg: Literal["ES256"]


class KeySet(ResponseModel):
    """The keys that tokens may be signed with now or soon, and those of tokens still alive."""

    keys: list[PublicKey]
