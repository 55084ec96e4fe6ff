"""The containers' health checks, without curl: `health.py api` and `health.py worker`.

An API is well when it answers on PORT; a worker when its heartbeat is in Redis. Whether what they
lean on is well is readiness, and no reason to restart them.
"""

import os
import sys
import urllib.request


def api() -> bool:
    """Whether the server of this container answers."""
    url = f"http://127.0.0.1:{os.environ['PORT']}/health/live"
    with urllib.request.urlopen(url, timeout=2) as answer:
        return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's word for well


def worker() -> bool:
    """Whether a worker of this service was alive within the last seconds."""
    from redis import Redis  # noqa: PLC0415 - an API's check is spared the import

    with Redis.from_url(os.environ["REDIS_URL"], socket_timeout=2) as redis:
        return bool(redis.exists(f"heartbeat:{os.environ['SERVICE']}:worker"))


if __name__ == "__main__":
    sys.exit(not {"api": api, "worker": worker}[sys.argv[1]]())
