"""Codes: for applications 256 random bits, for people eight letters that are not mistaken."""

import hashlib
import hmac
import secrets
from typing import Final

from pydantic import SecretStr

LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so no words; nothing that looks like a digit (RFC 8628, 6.1)."""
LENGTH: Final = 8


def new_code() -> str:
    """Return a code for an application."""
    return secrets.token_urlsafe(32)


def code_hash(code: str) -> bytes:
    """Return what is stored of it; it has entropy enough for a plain hash."""
    return hashlib.sha256(code.encode(errors="replace")).digest()


def new_user_code() -> str:
    """Return a code for a person to type."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def user_code_hash(secret: SecretStr, code: str) -> bytes:
    """Return what is stored of it, however it was typed: keyed, as it is soon tried through."""
    letters = "".join(letter for letter in code.upper() if letter in LETTERS)
    message = f"user code\x00{letters}".encode()
    return hmac.new(secret.get_secret_value().encode(), message, hashlib.sha256).digest()
