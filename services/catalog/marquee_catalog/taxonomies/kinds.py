"""The four kinds of term, and what each of them differs in."""

from dataclasses import dataclass
from typing import Any

from marquee_catalog.genres.models import Genre, GenreTranslation
from marquee_catalog.genres.names import genre_slug
from marquee_catalog.movies.models import Award, Platform, Tag, TagTranslation
from marquee_catalog.taxonomies.errors import (
    AwardNotFound,
    GenreNotFound,
    PlatformNotFound,
    TagNotFound,
)
from marquee_shared.events.catalog import (
    AwardDeleted,
    AwardUpdated,
    GenreDeleted,
    GenreUpdated,
    PlatformDeleted,
    PlatformUpdated,
    TagDeleted,
    TagUpdated,
    TermData,
    TermDeleted,
)
from marquee_shared.problems import NotFound
from marquee_shared.slugs import slugify

Term = Genre | Platform | Award | Tag


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """One kind of term; `translation` None where names are the same in every language."""

    kind: str
    model: type[Any]
    translation: type[Any] | None
    missing: type[NotFound]
    updated: type[TermData]
    deleted: type[TermDeleted]

    @property
    def plural(self) -> str:
        """The word in paths, cache tags, and the name of its table."""
        return f"{self.kind}s"

    def slug_of(self, name: str) -> str:
        """Return the slug that a name has; a genre's is the same under all of its names."""
        return genre_slug(name) if self.kind == "genre" else slugify(name)


GENRE = Taxonomy("genre", Genre, GenreTranslation, GenreNotFound, GenreUpdated, GenreDeleted)
PLATFORM = Taxonomy("platform", Platform, None, PlatformNotFound, PlatformUpdated, PlatformDeleted)
AWARD = Taxonomy("award", Award, None, AwardNotFound, AwardUpdated, AwardDeleted)
TAG = Taxonomy("tag", Tag, TagTranslation, TagNotFound, TagUpdated, TagDeleted)

TAXONOMIES = (GENRE, PLATFORM, AWARD, TAG)
