"""The catalog's settings."""

from marquee_shared.settings import ServiceSettings


class CatalogSettings(ServiceSettings):
    """Those of every service, and how large an import may be."""

    import_max_bytes: int = 4_000_000_000
    """How many bytes the files of one import may hold once unpacked."""
    import_max_ratio: int = 200
    """How many times larger than its archive an import may unpack to."""

    movielens_url: str = "https://files.grouplens.org/datasets/movielens/ml-latest-small.zip"
    """What `import movielens --download` fetches."""
