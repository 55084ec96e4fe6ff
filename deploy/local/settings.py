"""What `make up` reads from its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

SERVICES = ("identity", "catalog", "social", "recommender")
HIGHEST_PORT = 65535


class BadSettingError(ValueError):
    """A variable holds what it cannot mean; the message names it."""


@dataclass(frozen=True)
class LocalSettings:
    """Not one of pydantic's: the supervisor lives as long as the house and should weigh little.

    `database_url` is an administrator's, not a service's; it and `redis_url` name real servers to
    use in place of embedded ones.
    """

    host: str
    port: int
    data_dir: Path
    movielens: Path | None
    database_url: str
    redis_url: str
    # Seconds that the first model may take.
    model_patience: float = 900.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read and check; an empty variable counts as none.

        Raises:
            BadSettingError: PORT is none, or MOVIELENS does not exist.
        """
        given = {name: value for name, value in environment.items() if value}
        port = given.get("PORT", "8000")
        if not (port.isdecimal() and int(port) <= HIGHEST_PORT):
            raise BadSettingError(f"PORT={port} is not a port")
        movielens = _full(given["MOVIELENS"]) if "MOVIELENS" in given else None
        if movielens and not movielens.exists():
            raise BadSettingError(f"MOVIELENS={movielens} does not exist")
        return cls(
            host=given.get("HOST", "127.0.0.1"),
            port=int(port),
            data_dir=_full(given.get("DATA_DIR", ".data")),
            movielens=movielens,
            database_url=given.get("DATABASE_URL", ""),
            redis_url=given.get("REDIS_URL", ""),
        )

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


def _full(path: str) -> Path:
    return Path(path).expanduser().resolve()
