"""The one registry of reactions to events; each module's `handlers.py` adds its own."""

from marquee_shared.outbox import Handlers

reactions = Handlers()
