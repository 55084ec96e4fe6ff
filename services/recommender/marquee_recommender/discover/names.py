"""The names in the catalog as people write them: people, titles, platforms, tags, genres."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from marquee_recommender.movies.catalog import Catalog
from marquee_shared.slugs import fold

ARTICLES = frozenset(
    {"the", "a", "an", "el", "la", "los", "las", "un", "una", "le", "les", "l", "une"}
    | {"der", "die", "das", "ein", "eine"}
)
SHORTEST_TAG = 4
FRESH_SECONDS = 10.0


def tokens_of(text: str) -> list[str]:
    """Split text into folded words; whatever is no letter or digit parts them."""
    folded = fold(text.replace("'", " ").replace("\u2019", " "))
    return "".join(c if c.isalnum() else " " for c in folded).split()


@dataclass
class Names:
    """Folded phrases and what they stand for; where several share one, the better known film's.

    Attributes:
        people: full names to slugs.
        surnames: last words of names to slugs, for “by Tarantino”.
        titles: in every stored language, with and without their article, to film slugs.
        words: single words of titles and tags to catalog rows.
    """

    changes: int = -1
    people: dict[str, str] = field(default_factory=dict)
    surnames: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    platforms: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    genres: dict[str, str] = field(default_factory=dict)
    words: dict[str, list[int]] = field(default_factory=dict)


def _titles(title: str) -> Iterable[str]:
    """Yield a title's phrase, without its article too; data sets put that last (“Matrix, The”)."""
    words = tokens_of(title)
    yield " ".join(words)
    if len(words) > 1 and words[0] in ARTICLES:
        yield " ".join(words[1:])
    if len(words) > 1 and words[-1] in ARTICLES and "," in title:
        yield " ".join(words[:-1])
        yield " ".join([words[-1], *words[:-1]])


def _add_people(names: Names, catalog: Catalog, row: int) -> None:
    directors, actors = (catalog.labels.get(job, {}) for job in ("director", "actor"))
    for slug in catalog.slugs("person", row):
        words = tokens_of((directors.get(slug) or actors[slug])["name"])
        if words:
            names.people.setdefault(" ".join(words), slug)
            names.surnames.setdefault(words[-1], slug)


def read_names(catalog: Catalog) -> Names:
    """Collect the names of a catalog; a few microseconds a film."""
    names = Names(changes=catalog.changes)
    rows = np.argsort(-catalog.popularity[: len(catalog.films)], kind="stable").tolist()
    labels = catalog.labels
    for row in rows:
        film = catalog.films[row]
        if not film.slug:
            continue
        for title in {film.title, *film.titles.values()}:
            for phrase in _titles(title):
                names.titles.setdefault(phrase, film.slug)
            for word in dict.fromkeys(tokens_of(title)):
                names.words.setdefault(word, []).append(row)
        _add_people(names, catalog, row)
        for slug in catalog.slugs("tag", row):
            for word in tokens_of(labels["tag"][slug]["name"]):
                names.words.setdefault(word, []).append(row)
    for kind, phrases in (
        ("platform", names.platforms),
        ("tag", names.tags),
        ("genre", names.genres),
    ):
        for slug, label in list(labels.get(kind, {}).items()):  # a copy: it may grow meanwhile
            phrase = " ".join(tokens_of(label["name"]))
            if phrase and (kind != "tag" or len(phrase) >= SHORTEST_TAG):
                phrases[phrase] = slug
    return names


class NameIndex:
    """The names of a catalog that changes, read anew at most every `FRESH_SECONDS`."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._names = Names()
        self._read_at = -FRESH_SECONDS
        self._reading = asyncio.Lock()

    async def current(self) -> Names:
        """Return the names, read in a thread where the catalog has changed."""
        async with self._reading:
            stale = self._names.changes != self._catalog.changes
            if stale and time.monotonic() - self._read_at >= FRESH_SECONDS:
                self._names = await asyncio.to_thread(read_names, self._catalog)
                self._read_at = time.monotonic()
            return self._names
