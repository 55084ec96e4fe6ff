"""Cache tags: how services tell the gateway what an answer depends on and what a write made stale.

The gateway strips these headers; clients never see them.
"""

from fastapi import Request, Response

TAGS = "Cache-Tag"
PURGE = "Cache-Purge"
EVENTS = "Marquee-Events"
AFTER = "Marquee-After"


def tag_answer(response: Response, *tags: str) -> None:
    """Say what a cacheable answer depends on, such as `movie:42`."""
    response.headers[TAGS] = ",".join(tags)


def purge(response: Response, *tags: str) -> None:
    """Say what this write made stale, so that its author never reads the old answer."""
    response.headers[PURGE] = ",".join(tags)


def awaited_events(request: Request) -> list[str]:
    """Return the ids of the caller's own recent events that this answer should reflect."""
    header = request.headers.get(AFTER, "")
    return [part.strip() for part in header.split(",") if part.strip()][:20]
