"""The catalog's settings."""

from typing import Annotated

from pydantic import Field, SecretStr

from marquee_shared.settings import ServiceSettings, Url


class CatalogSettings(ServiceSettings):
    """Those of every service, and what imports need."""

    import_max_bytes: int = 4_000_000_000
    """How many bytes the files of one import may hold once unpacked."""
    import_max_ratio: int = 200
    """How many times larger than its archive an import may unpack to."""

    movielens_url: str = "https://files.grouplens.org/datasets/movielens/ml-latest-small.zip"
    """What `import movielens --download` fetches."""

    tmdb_api_key: SecretStr | None = None
    """A key or read access token of TMDB's API; without it nothing comes from there."""
    tmdb_url: Url = "https://api.themoviedb.org/3"
    tmdb_pictures_url: Url = "https://image.tmdb.org/t/p/w780"
    tmdb_rate: Annotated[float, Field(gt=0, le=50)] = 40.0
    """How many questions a second TMDB is asked; it takes about fifty."""
    tmdb_timeout: Annotated[float, Field(gt=0)] = 20.0
    """Seconds that a question to TMDB may stand still."""
