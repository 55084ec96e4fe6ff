"""Refresh tokens: 256 random bits, stored as a hash, and the sealing of a successor.

A spent token's successor is kept encrypted under a key that only the spent token gives, so a
client whose answer was lost can be given the same one again, and the table gives it to nobody.
"""

import hashlib
import os
import secrets
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PREFIX: Final = "mqr_"
NONCE_BYTES: Final = 12


def new_refresh_token() -> str:
    """Return a new token."""
    return PREFIX + secrets.token_urlsafe(32)


def refresh_token_hash(token: str) -> bytes:
    """Return what is stored of a token; it has entropy enough for a plain hash."""
    return hashlib.sha256(token.encode(errors="replace")).digest()


def _cipher(token: str) -> AESGCM:
    derivation = HKDF(SHA256(), length=32, salt=None, info=b"marquee refresh successor")
    return AESGCM(derivation.derive(token.encode()))


def seal_successor(token: str, successor: str) -> bytes:
    """Encrypt a token's successor under the token."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = _cipher(token).encrypt(nonce, successor.encode(), refresh_token_hash(token))
    return nonce + sealed


def open_successor(token: str, sealed: bytes) -> str:
    """Return the successor that was sealed under a token."""
    nonce, content = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    return _cipher(token).decrypt(nonce, content, refresh_token_hash(token)).decode()
