"""Private keys at rest: AES-256-GCM under a key derived from `KEY_ENCRYPTION_KEY`."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from marquee_identity.settings import IdentitySettings

NONCE_BYTES = 12


class Seal:
    """Seals bytes to a name: what was sealed as one key's cannot be opened as another's.

    What the `previous` secret sealed can still be opened, until it has been sealed anew.
    """

    def __init__(self, secret: SecretStr, previous: SecretStr | None = None) -> None:
        self._cipher = _cipher(secret)
        self._previous = _cipher(previous) if previous is not None else None

    def seal(self, name: str, plain: bytes) -> bytes:
        """Return nonce and ciphertext."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, name.encode())

    def open(self, name: str, sealed: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            cryptography.exceptions.InvalidTag: another secret, another name, or tampering.
        """
        nonce, content = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, content, name.encode())
        except InvalidTag:
            if self._previous is None:
                raise
            return self._previous.decrypt(nonce, content, name.encode())

    def is_current(self, name: str, sealed: bytes) -> bool:
        """Whether it was sealed with the present secret."""
        try:
            self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
        except InvalidTag:
            return False
        return True


def _cipher(secret: SecretStr) -> AESGCM:
    derivation = HKDF(SHA256(), length=32, salt=None, info=b"marquee signing keys")
    return AESGCM(derivation.derive(secret.get_secret_value().encode()))


def seal_of(settings: IdentitySettings) -> Seal:
    """Return the seal of the settings."""
    return Seal(settings.key_encryption_key, settings.previous_key_encryption_key)
