"""Six-digit codes: made when the mail is written, stored as a keyed hash, tried a few times."""

import hashlib
import hmac
import secrets
from typing import Final
from uuid import UUID

from pydantic import SecretStr

VERIFY_EMAIL: Final = "verify_email"
RESET_PASSWORD: Final = "reset_password"  # noqa: S105 - a name, not a secret
CHANGE_EMAIL: Final = "change_email"
LIFETIME_SECONDS: Final = 15 * 60
MOST_TRIES: Final = 5
PAUSE_SECONDS: Final = 60
DIGITS: Final = 6


def new_code() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def code_hash(secret: SecretStr, user_id: UUID, purpose: str, code: str) -> bytes:
    """Return what is stored of a code: keyed, since six digits are soon tried through."""
    message = f"code\x00{purpose}\x00{user_id}\x00{code}".encode()
    return hmac.new(secret.get_secret_value().encode(), message, hashlib.sha256).digest()
