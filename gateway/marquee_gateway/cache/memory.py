"""Answers in memory: the least recently used go first when the bytes run out."""

from collections import OrderedDict
from collections.abc import Iterable

from marquee_gateway.cache.entry import Entry


class MemoryCache:
    """Bounded by bytes, indexed by tag."""

    def __init__(self, most_bytes: int) -> None:
        self.bytes = 0
        self._most = most_bytes
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()
        self._by_tag: dict[bytes, set[bytes]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes, now: float) -> Entry | None:
        """Return a fresh answer or None."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires_at <= now:
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def put(self, key: bytes, entry: Entry) -> None:
        """Keep an answer, letting older ones go."""
        self._drop(key)
        if entry.size > self._most:
            return
        self._entries[key] = entry
        self.bytes += entry.size
        for tag in entry.tags:
            self._by_tag.setdefault(tag, set()).add(key)
        while self.bytes > self._most:
            self._drop(next(iter(self._entries)))

    def purge(self, tags: Iterable[bytes]) -> None:
        """Let go of every answer with one of these tags."""
        for tag in tags:
            for key in list(self._by_tag.get(tag, ())):
                self._drop(key)

    def clear(self) -> None:
        """Let go of everything."""
        self._entries.clear()
        self._by_tag.clear()
        self.bytes = 0

    def _drop(self, key: bytes) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self.bytes -= entry.size
        for tag in entry.tags:
            keys = self._by_tag[tag]
            keys.discard(key)
            if not keys:
                del self._by_tag[tag]
