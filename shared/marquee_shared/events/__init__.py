"""Event contracts: what travels between the contexts, additive only.

Importing this package knows every contract, so `parse` can read any event and `cache_tags`
can say what an event makes stale. `docs/events.md` and the AsyncAPI document are made from here.
"""

from marquee_shared.events import catalog, identity, recommender, rights, social
from marquee_shared.events.envelope import (
    CONTRACTS,
    Envelope,
    Event,
    EventData,
    MalformedEvent,
    cache_tags,
    parse,
    stream_of,
)

__all__ = [
    "CONTRACTS",
    "Envelope",
    "Event",
    "EventData",
    "MalformedEvent",
    "cache_tags",
    "catalog",
    "identity",
    "parse",
    "recommender",
    "rights",
    "social",
    "stream_of",
]
