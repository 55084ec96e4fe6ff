"""What every process reads from its environment, and what production refuses."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret"  # noqa: S105 - refused in production, see below


class Environment(StrEnum):
    """Where a process runs; only `production` forbids development secrets."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


def _without_slash(url: str) -> str:
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_without_slash)]


class ProcessSettings(BaseSettings):
    """Settings of any Marquee process, the gateway included."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    environment: Environment = Environment.DEVELOPMENT
    redis_url: str = "redis://127.0.0.1:6379/0"
    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path(".data")
    log_level: str = "INFO"
    rate_limit_factor: Annotated[float, Field(gt=0)] = 1.0
    token_issuer: str = "marquee"  # noqa: S105 - a name, not a secret
    token_audience: str = "marquee"  # noqa: S105 - likewise
    identity_url: str = "http://127.0.0.1:8001"
    catalog_url: str = "http://127.0.0.1:8002"
    social_url: str = "http://127.0.0.1:8003"
    recommender_url: str = "http://127.0.0.1:8004"

    @property
    def is_production(self) -> bool:
        """Whether development conveniences must be refused."""
        return self.environment is Environment.PRODUCTION


class ServiceSettings(ProcessSettings):
    """Settings of a service that owns a database schema.

    `secret_key` signs cursors; each service has its own. In production it must be given and be
    at least 32 characters long, or the process refuses to start.
    """

    database_url: str = "postgresql://127.0.0.1:5432/marquee"
    database_pool_size: Annotated[int, Field(ge=1, le=100)] = 10
    database_pool_timeout: Annotated[float, Field(gt=0)] = 5.0
    statement_timeout: Annotated[float, Field(gt=0)] = 15.0
    secret_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    relay_enabled: bool = True
    consumer_enabled: bool = True
    consumer_claim_idle: Annotated[float, Field(gt=0)] = 30.0
    """Seconds after which another consumer takes over what one was given; at least twice
    the slowest handler, which `statement_timeout` bounds."""
    jobs_enabled: bool = True
    metrics_port: int | None = None
    storage_url: Url | None = None
    """Where files are kept, such as `s3://bucket/prefix`; by default below `data_dir`."""

    @model_validator(mode="after")
    def _no_development_secret_in_production(self) -> Self:
        secret = self.secret_key.get_secret_value()
        if self.is_production and (secret == DEVELOPMENT_SECRET or len(secret) < 32):  # noqa: PLR2004 - stated in the docstring
            message = "SECRET_KEY must be set to at least 32 random characters in production"
            raise ValueError(message)
        return self
