"""What a film is called in paths, and the words it is found by, from its titles."""

from typing import TypedDict

from marquee_catalog.search.words import indexed_words, title_keys
from marquee_shared.slugs import fold, slugify

RESERVED_SLUGS = frozenset({"lookup"})
"""Words that stand where a film's slug would: `/v1/movies/lookup`."""


class TitleColumns(TypedDict):
    """The columns of `movies` that are made from its titles."""

    folded_title: str
    title_words: list[str]
    own_title_keys: list[str]


def movie_slug(title: str, year: int | None) -> str:
    """Return the slug a film should have: with its year, so that homonyms keep theirs."""
    slug = slugify(title)
    if year is not None:
        return f"{slug}-{year}"
    return f"{slug}-film" if slug in RESERVED_SLUGS else slug


def title_columns(title: str, *others: str | None) -> TitleColumns:
    """Return what is stored for a title and the other titles in the film's own record."""
    return {
        "folded_title": fold(title),
        "title_words": indexed_words(title, *others),
        "own_title_keys": title_keys(title, *others),
    }
