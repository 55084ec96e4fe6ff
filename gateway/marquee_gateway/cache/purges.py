"""Which tags were purged when, in this process, counted in purges."""

from collections.abc import Iterable
from typing import Final

MOST_TAGS: Final = 50_000


class PurgeLog:
    """Remembers a tag's last purge for as long as a fetch may be under way.

    `now` grows with each purge; a fetch notes it when it begins and asks `any_since` at its end.
    Where too many tags have been purged to remember, all fetches under way count as overtaken.
    """

    __slots__ = ("_floor", "_last", "now")

    def __init__(self) -> None:
        self.now = 1
        self._floor = 0
        self._last: dict[bytes, int] = {}

    def note(self, tags: Iterable[bytes]) -> None:
        """Note that these tags are purged now."""
        self.now += 1
        for tag in tags:
            self._last[tag] = self.now
        if len(self._last) > MOST_TAGS:
            self.note_all()

    def note_all(self) -> None:
        """Note that everything is purged now."""
        self.now += 1
        self._floor = self.now
        self._last.clear()

    def any_since(self, tags: Iterable[bytes], began: int) -> bool:
        """Whether a purge has come since `began` that an answer with these tags falls under."""
        return self._floor > began or any(self._last.get(tag, 0) > began for tag in tags)
