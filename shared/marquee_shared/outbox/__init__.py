"""Delivery: `publish` into the outbox, the relay to Redis streams, the consumer and its inbox."""

from marquee_shared.outbox.consumer import Consumer, Handlers
from marquee_shared.outbox.publish import (
    publish,
    publish_many,
    publish_written,
    published,
)

__all__ = ["Consumer", "Handlers", "publish", "publish_many", "publish_written", "published"]
