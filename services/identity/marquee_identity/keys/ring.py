"""The keys as a process uses them: the one that signs now, and the set it publishes."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import orjson
from joserfc.jwk import ECKey

from marquee_identity.keys import repository
from marquee_identity.keys.models import SigningKey
from marquee_identity.keys.sealing import Seal
from marquee_identity.keys.service import ensure_keys, states
from marquee_shared.database import Database
from marquee_shared.events import Event, EventData

FRESH_SECONDS = 30.0


class KeyRing:
    """Reads the keys when they are older than `FRESH_SECONDS`, and picks by the clock."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal
        self._signers: list[tuple[datetime, ECKey]] = []
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def signer(self) -> ECKey:
        """Return the private key that signs now, with its `kid`."""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            async with self._reading:
                if time.monotonic() - self._read_at > FRESH_SECONDS:
                    await self._read()
        now = datetime.now(UTC)
        begun = [key for signs_from, key in self._signers if signs_from <= now]
        # The clocks of database and process may differ: the first key signs at once.
        return begun[-1] if begun else self._signers[0][1]

    async def on_events(self, _events: list[Event[EventData]]) -> None:
        """Read the keys anew: one of them was withdrawn."""
        self._read_at = float("-inf")

    async def published(self) -> dict[str, Any]:
        """Return the JWK set: current, next, scheduled and retired keys, public halves only."""
        keys = await self._keys()
        async with self._database.reading() as session:
            now = await repository.database_now(session)
        found = states(keys, now)
        return {"keys": [key.public for key in keys if found[key.kid] != "expired"]}

    async def _keys(self) -> list[SigningKey]:
        async with self._database.reading() as session:
            keys = await repository.list_keys(session)
        if not keys:
            async with self._database.transaction() as writing:
                await ensure_keys(writing, self._seal)
                keys = await repository.list_keys(writing)
        return list(keys)

    async def _read(self) -> None:
        self._signers = [
            (key.signs_from, self._private(key))
            for key in await self._keys()
            if key.signs_from is not None
        ]
        self._read_at = time.monotonic()

    def _private(self, key: SigningKey) -> ECKey:
        opened = self._seal.open(key.kid, key.private_sealed)
        return ECKey.import_key(orjson.loads(opened))
