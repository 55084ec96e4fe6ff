"""What identity reads from its environment besides what every service does."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from marquee_shared.settings import DEVELOPMENT_SECRET, ServiceSettings, Url

SHORTEST_SECRET = 32
SMTP_SCHEMES = ("smtp://", "smtps://")


def _split(text: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in text.split(",") if part.strip())


class IdentitySettings(ServiceSettings):
    """Settings of identity.

    Attributes:
        key_encryption_key: Seals the private halves of the signing keys in the database; in
            production at least 32 characters and no other secret's value.
        previous_key_encryption_key: What sealed them before; needed until `keys reseal`, or the
            worker within the hour, has sealed them anew.
        mail_dir: Where mails are written as `*.eml`; by default `DATA_DIR/mail`.
        smtp_url: The mail server, `smtp[s]://user:password@host:port`; without one mails are files.
        mail_from: The sender of every mail.
        google_client_id: Our client at the OpenID Connect provider; empty turns it off.
        google_client_secret: Its secret.
        google_discovery_url: The provider's discovery document; another makes it another provider.
        google_redirect_uri: Where the provider sends members back to.
        google_picture_hosts: Comma-separated hosts that profile pictures are fetched from.
        google_plain_http_hosts: Comma-separated `host:port` that need no TLS; none in production.
        public_url: Where clients reach the gateway; on it the web client has the pages
            `/oauth/authorize` and `/device`, where members let applications in.
        password_workers: Threads that hash passwords; each takes 19 MiB while it works.
        password_queue: Hashes that may wait for a thread; more are 503 at once.
        erasure_grace: How long a member who leaves may come back; seconds, or ISO 8601.
        export_lifetime: How long the archive of an export can be downloaded; likewise.
    """

    key_encryption_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    previous_key_encryption_key: SecretStr | None = None
    mail_dir: Path | None = None
    smtp_url: SecretStr | None = None
    mail_from: str = "Marquee <no-reply@marquee.example>"
    google_client_id: str = ""
    google_client_secret: SecretStr | None = None
    google_discovery_url: str = "https://accounts.google.com/.well-known/openid-configuration"
    google_redirect_uri: str = "http://localhost:8000/auth/google/callback"
    google_picture_hosts: str = "googleusercontent.com"
    google_plain_http_hosts: str = ""
    public_url: Url = "http://localhost:8000"
    password_workers: Annotated[int, Field(ge=1, le=64)] = min(4, os.cpu_count() or 1)
    password_queue: Annotated[int, Field(ge=1)] = 256
    erasure_grace: timedelta = timedelta(days=14)
    export_lifetime: timedelta = timedelta(days=7)

    @property
    def mail_folder(self) -> Path:
        """Where mails are written."""
        return self.mail_dir or self.data_dir / "mail"

    @property
    def picture_hosts(self) -> frozenset[str]:
        """The hosts that profile pictures are fetched from."""
        return _split(self.google_picture_hosts)

    @property
    def plain_http_hosts(self) -> frozenset[str]:
        """Where plain HTTP will do."""
        return _split(self.google_plain_http_hosts)

    @field_validator("previous_key_encryption_key", "google_client_secret")
    @classmethod
    def _blank_is_none(cls, value: SecretStr | None) -> SecretStr | None:
        return value if value is not None and value.get_secret_value() else None

    @field_validator("smtp_url")
    @classmethod
    def _speaks_smtp(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if not value.get_secret_value().startswith(SMTP_SCHEMES):
            message = "SMTP_URL must begin with smtp:// or smtps://"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _no_development_key_in_production(self) -> Self:
        key = self.key_encryption_key.get_secret_value()
        if self.is_production and (
            len(key) < SHORTEST_SECRET or key == self.secret_key.get_secret_value()
        ):
            message = (
                "KEY_ENCRYPTION_KEY must be set to at least 32 random characters of its own "
                "in production"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _provider_over_tls_in_production(self) -> Self:
        if self.is_production and self.google_plain_http_hosts:
            message = "GOOGLE_PLAIN_HTTP_HOSTS is for tests; production speaks TLS"
            raise ValueError(message)
        return self
