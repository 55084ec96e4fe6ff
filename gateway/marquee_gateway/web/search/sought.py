"""What an address asks the search for, and the addresses that ask for a little more or less."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import QueryParams

from marquee_gateway.web import links

MANY: Final = (
    "genre",
    "platform",
    "award",
    "tag",
    "language",
    "country",
    "person",
    "director",
    "actor",
)
"""Filters that take several values: films with any of them."""

ONE: Final = ("year_from", "year_to", "min_rating")
WORDS: Final = "q"
SORT: Final = "sort"
SORTS: Final = ("popularity", "rating", "release_date", "title")
PEOPLE: Final = ("person", "director", "actor")
YEARS: Final = ("year_from", "year_to")
DECADE: Final = "decade"

FACETS: Final = ("genre", "platform", DECADE, "tag", "award", "country", "language")
"""How lists divide up, in the order of the page; `decade` stands for the two years."""


class Sought:
    """A search: words, filters and order; what else an address holds is nothing to it."""

    def __init__(self, query: QueryParams) -> None:
        self.values: dict[str, list[str]] = {}
        for name in (WORDS, *MANY, *ONE, SORT):
            given = [value.strip() for value in query.getlist(name) if value.strip()]
            if given:
                self.values[name] = given if name in MANY else given[:1]
        self.page = query.get("page", "1")

    @property
    def words(self) -> str:
        """The words; empty where there are none."""
        return self.one(WORDS)

    def one(self, name: str) -> str:
        """Return a value, empty where it is not given."""
        return self.values.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Return the values of a filter."""
        return self.values.get(name, [])

    @property
    def sort(self) -> str:
        """The order; by relevance where there are words, else by popularity."""
        return self.one(SORT) or ("relevance" if self.words else "popularity")

    @property
    def sorts(self) -> tuple[str, ...]:
        """The orders that make sense here."""
        return ("relevance", *SORTS) if self.words else SORTS

    @property
    def filtered(self) -> bool:
        """Whether anything but words and order is asked for."""
        return any(name in self.values for name in (*MANY, *ONE))

    def query(self, *, without: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
        """Return the API's parameters."""
        kept = {name: value for name, value in self.values.items() if name not in without}
        return {**kept, **more}

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """Return what a form carries along beside its own fields."""
        return [
            (name, value)
            for name, values in self.values.items()
            if name not in without
            for value in values
        ]

    # addresses; each begins on the first page

    def has(self, facet: str, value: str) -> bool:
        """Whether a value of a facet is chosen."""
        if facet == DECADE:
            return [self.one(name) for name in YEARS] == list(_decade(value).values())
        return value in self.all(facet)

    def toggled(self, facet: str, value: str) -> str:
        """Choose a value, or take it out; a decade takes the place of other years."""
        if facet == DECADE:
            years = {} if self.has(facet, value) else _decade(value)
            return self._link({**self._without(*YEARS), **years})
        chosen = [one for one in self.all(facet) if one != value]
        if len(chosen) == len(self.all(facet)):
            chosen = [*chosen, value]
        return self._link({**self.values, facet: chosen})

    def without(self, *names: str) -> str:
        """Take filters out."""
        return self._link(self._without(*names))

    def sorted_by(self, order: str) -> str:
        """Put the films in another order."""
        return self._link({**self.values, SORT: [order]})

    def cleared(self) -> str:
        """Keep nothing but the words and the order."""
        return self._link(self._without(*MANY, *ONE))

    def _without(self, *names: str) -> dict[str, list[str]]:
        return {name: value for name, value in self.values.items() if name not in names}

    @staticmethod
    def _link(values: Mapping[str, Any]) -> str:
        return links.search(**values)


def _decade(first: str) -> dict[str, str]:
    """Return the years of a decade, by parameter."""
    last = str(int(first) + 9) if first.isdecimal() else first
    return dict(zip(YEARS, (first, last), strict=True))
