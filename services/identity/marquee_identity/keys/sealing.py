"""Private keys at rest: AES-256-GCM under a key derived from `KEY_ENCRYPTION_KEY`."""

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

NONCE_BYTES = 12


class Seal:
    """Seals bytes to a name: what was sealed as one key's cannot be opened as another's."""

    def __init__(self, secret: SecretStr) -> None:
        derivation = HKDF(SHA256(), length=32, salt=None, info=b"marquee signing keys")
        self._cipher = AESGCM(derivation.derive(secret.get_secret_value().encode()))

    def seal(self, name: str, plain: bytes) -> bytes:
        """Return nonce and ciphertext."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, name.encode())

    def open(self, name: str, sealed: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            cryptography.exceptions.InvalidTag: another secret, another name, or tampering.
        """
        return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
