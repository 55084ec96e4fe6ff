"""What an attacker can make of our published keys, and that the checker refuses all of it."""

import base64
import time
from uuid import uuid4

import orjson
import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jose import jwt as peer
from joserfc.jwk import ECKey

from marquee_shared.auth import tokens
from marquee_shared.auth.revocations import Revocations
from marquee_shared.auth.tokens import JwksCache, TokenVerifier
from marquee_shared.problems import InvalidToken

ECJWK = ECKey.generate_key("P-256", {"kid": "current", "use": "sig", "alg": "ES256"})
PUBLIC = ECJWK.as_dict(private=False)
ANOTHER = ECKey.generate_key("P-256", {"kid": "another", "use": "sig", "alg": "ES256"})


def claims(**changed):
    now = int(time.time())
    return {
        "sub": str(uuid4()), "username": "ada", "boarded": True, "verified": True,
        "language": None, "roles": ["administrator"], "scope": "", "sid": str(uuid4()),
        "iss": "marquee", "aud": "marquee", "iat": now, "exp": now + 900, "jti": str(uuid4()),
        **changed,
    }  # fmt: skip


def pem(key=ECJWK):
    return key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def signed(payload=None, key=ECJWK, **header):
    """A token as python-jose makes it, so that ours never vouches for itself."""
    headers = {"kid": "current", "typ": "at+jwt", **header}
    return peer.encode(payload or claims(), pem(key), algorithm="ES256", headers=headers)


def encoded(part):
    data = part if isinstance(part, bytes) else orjson.dumps(part)
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def assembled(header, payload, sign):
    signing_input = encoded(header) + b"." + encoded(payload)
    return (signing_input + b"." + encoded(sign(signing_input))).decode()


def hs256(secret):
    def sign(signing_input):
        mac = hmac.HMAC(secret, hashes.SHA256())
        mac.update(signing_input)
        return mac.finalize()

    header = {"alg": "HS256", "typ": "at+jwt", "kid": "current"}
    return assembled(header, claims(), sign)


def public_bytes(encoding):
    return ECJWK.public_key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def der_signature(signing_input):
    return ECJWK.private_key.sign(signing_input, ec.ECDSA(hashes.SHA256()))


GOOD_HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": "current"}

FORGERIES = {
    "alg none": lambda: assembled({**GOOD_HEADER, "alg": "none"}, claims(), lambda _: b""),
    "alg None, spelled otherwise": lambda: assembled(
        {**GOOD_HEADER, "alg": "nOnE"}, claims(), lambda _: b""
    ),
    "no signature": lambda: signed().rpartition(".")[0] + ".",
    "HS256 with the public key in PEM": lambda: hs256(public_bytes(Encoding.PEM)),
    "HS256 with the public key in DER": lambda: hs256(public_bytes(Encoding.DER)),
    "HS256 with the public JWK": lambda: hs256(orjson.dumps(PUBLIC)),
    "HS256 with an empty key": lambda: hs256(b""),
    "another key under our kid": lambda: signed(key=ANOTHER),
    "unknown kid": lambda: signed(key=ANOTHER, kid="another"),
    "no kid": lambda: assembled({"alg": "ES256", "typ": "at+jwt"}, claims(), der_signature),
    "kid that is no string": lambda: signed(kid=["current"]),
    "its own key in jwk": lambda: signed(key=ANOTHER, jwk=ANOTHER.as_dict(private=False)),
    "its own key set in jku": lambda: signed(
        key=ANOTHER, kid="another", jku="https://attacker.example/jwks.json"
    ),
    "its own certificate in x5u": lambda: signed(
        key=ANOTHER, kid="another", x5u="https://attacker.example/cert.pem"
    ),
    "critical extension": lambda: signed(crit=["exp"]),
    "typ JWT": lambda: signed(typ="JWT"),
    "no typ": lambda: assembled({"alg": "ES256", "kid": "current"}, claims(), der_signature),
    "DER in place of the raw signature": lambda: assembled(GOOD_HEADER, claims(), der_signature),
    "all-zero signature": lambda: assembled(GOOD_HEADER, claims(), lambda _: bytes(64)),
    "foreign issuer": lambda: signed(claims(iss="elsewhere")),
    "foreign audience": lambda: signed(claims(aud="elsewhere")),
    "audience among others": lambda: signed(claims(aud=["elsewhere", "marquee"])),
    "expired": lambda: signed(claims(exp=int(time.time()) - 60)),
    "exp that is no number": lambda: signed({**claims(), "exp": "9" * 10}),
    "no exp": lambda: signed({k: v for k, v in claims().items() if k != "exp"}),
    "issued in the future": lambda: signed(claims(iat=int(time.time()) + 600)),
    "sub that is no id": lambda: signed(claims(sub="admin")),
    "changed payload": lambda: ".".join(
        [signed().split(".")[0], encoded(claims()).decode(), signed().split(".")[2]]
    ),
    "refresh token": lambda: "mqr_" + "A" * 43,
    "opaque token without introspection": lambda: "mqt_" + "A" * 43,
    "payload that is no object": lambda: signed_raw(b"[]"),
    "payload that is no JSON": lambda: signed_raw(b"\xff"),
    "two parts": lambda: "a.b",
    "nothing": lambda: ".",
    "not ASCII": lambda: signed() + "\u00e9",
    "very long": lambda: signed(claims(username="a" * 10_000)),
}


def signed_raw(payload):
    from joserfc import jws

    return jws.serialize_compact(GOOD_HEADER, payload, ECJWK)


@pytest.fixture
def fetches():
    return []


@pytest.fixture
def verifier(fetches):
    async def fetch():
        fetches.append(1)
        return {"keys": [PUBLIC]}

    return TokenVerifier(
        issuer="marquee", audience="marquee", jwks=JwksCache(fetch), revocations=Revocations()
    )


async def test_genuine_token_of_the_independent_library_passes(verifier):
    payload = claims(roles=["member"])
    principal = await verifier.verify(signed(payload))
    assert str(principal.id) == payload["sub"]
    assert principal.roles == {"member"}


@pytest.mark.parametrize("name", FORGERIES)
async def test_forgery_is_refused_each_time(verifier, name):
    token = FORGERIES[name]()
    for _ in range(2):  # nothing remembered makes it good
        with pytest.raises(InvalidToken):
            await verifier.verify(token)


async def test_forgery_is_401_at_a_route(client):
    token = FORGERIES["alg none"]()
    for path in ("/v1/me", "/v1/users"):
        answer = await client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_unknown_kids_cannot_make_us_fetch_without_end(verifier, fetches):
    for number in range(50):
        with pytest.raises(InvalidToken):
            await verifier.verify(signed(kid=f"unknown {number}"))
    assert len(fetches) == 1


async def test_key_withdrawn_from_the_set_is_refused(monkeypatch):
    keys = [PUBLIC]

    async def fetch():
        return {"keys": list(keys)}

    cache = JwksCache(fetch)
    verifier = TokenVerifier(
        issuer="marquee", audience="marquee", jwks=cache, revocations=Revocations()
    )
    await verifier.verify(signed())
    keys[:] = [ANOTHER.as_dict(private=False)]
    monkeypatch.setattr(tokens, "KEYS_SECONDS", -1)
    with pytest.raises(InvalidToken):
        await verifier.verify(signed())


async def test_private_or_foreign_keys_in_a_set_are_not_taken():
    async def fetch():
        rsa = {"kty": "RSA", "kid": "current", "n": "AQAB", "e": "AQAB"}
        return {"keys": [ECJWK.as_dict(private=True), rsa]}

    verifier = TokenVerifier(
        issuer="marquee", audience="marquee", jwks=JwksCache(fetch), revocations=Revocations()
    )
    with pytest.raises(InvalidToken):
        await verifier.verify(signed())
