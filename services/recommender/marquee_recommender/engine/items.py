"""What is known about the films themselves, column by column."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


@dataclass(slots=True)
class Items:
    """Item features; every column is empty or None (unknown), or as long as `ids`.

    The names in `genres`, `tags`, `directors`, `actors` and `countries` come back in reasons as
    they are, so give slugs or ids the caller can look up.
    """

    ids: Sequence[int] | Sequence[str] | NDArray[Any]
    titles: Sequence[str] = ()
    synopses: Sequence[str] = ()
    years: Sequence[int | None] = ()
    genres: Sequence[Sequence[str]] = ()
    tags: Sequence[Sequence[str]] = ()
    directors: Sequence[Sequence[str]] = ()
    actors: Sequence[Sequence[str]] = ()
    countries: Sequence[Sequence[str]] = ()
    extra: dict[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    """Further facets by kind (for example `keyword`)."""
    vectors: NDArray[np.float32] | None = None
    """Unit rows [items, d] of a text encoder in place of the words, 0 where there is none."""

    def __len__(self) -> int:
        return len(self.ids)

    def id_array(self) -> NDArray[Any]:
        """The ids as int64 or as strings."""
        array = np.asarray(self.ids)
        if array.dtype.kind in "iu":
            return array.astype(np.int64)
        return array if array.dtype.kind == "U" else np.asarray([str(i) for i in self.ids])

    def features(self, row: int) -> Iterator[tuple[str, str]]:
        """The (kind, name) pairs of one item; a year counts as its decade."""
        columns = {
            "genre": self.genres,
            "tag": self.tags,
            "director": self.directors,
            "actor": self.actors,
            "country": self.countries,
            **self.extra,
        }
        for kind, column in columns.items():
            if len(column):
                for name in column[row]:
                    yield kind, name
        if len(self.years) and (year := self.years[row]):
            yield "decade", f"{year // 10 * 10}s"

    def text(self, row: int) -> str:
        """Title and synopsis of one item in one string."""
        title = self.titles[row] if len(self.titles) else ""
        synopsis = self.synopses[row] if len(self.synopses) else ""
        return f"{title} {synopsis}"
