"""What `make up` reads from its environment."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SERVICES = ("identity", "catalog", "social", "recommender")


def _absolute(path: Path) -> Path:
    return path.expanduser().resolve()


def _existing(path: Path) -> Path:
    if not path.exists():
        raise ValueError(f"there is no {path}")
    return path


FullPath = Annotated[Path, AfterValidator(_absolute)]


class LocalSettings(BaseSettings):
    """Each has a default; `DATABASE_URL` is an administrator's, of a server to use for ours."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    data_dir: FullPath = Path(".data")
    movielens: Annotated[FullPath, AfterValidator(_existing)] | None = None
    database_url: str | None = None
    redis_url: str | None = None
    model_patience: Annotated[float, Field(gt=0)] = 600.0

    @property
    def logs(self) -> Path:
        """Where every process writes its own log."""
        return self.data_dir / "logs"

    @property
    def mail(self) -> Path:
        """Where mails land as files."""
        return self.data_dir / "mail"

    @property
    def credentials(self) -> Path:
        """The administrator and the data team's token, made on the first start."""
        return self.data_dir / "credentials.json"
