"""What the catalog tells: films as they are now, and what an import brought for others."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from marquee_shared.events.envelope import EventData


class NamedRef(BaseModel):
    """A genre, tag or person as other contexts need it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: int
    slug: str
    name: str


class Credit(NamedRef):
    """A person in a film; `job` is `director`, `writer` or `actor`; `order` is billing."""

    job: str
    order: int = 0


class TagCount(NamedRef):
    """A tag and how many members gave it."""

    count: int = 1


class MovieData(EventData):
    """A film, whole: replicas are filled from any one of these."""

    id: int
    slug: str
    title: str
    original_title: str | None = None
    year: int | None = None
    release_date: date | None = None
    status: str = "released"
    runtime: int | None = None
    synopsis: str | None = None
    cover_url: str | None = None
    popularity: float = 0.0
    languages: list[str] = []
    countries: list[str] = []
    genres: list[NamedRef] = []
    tags: list[TagCount] = []
    credits: list[Credit] = []
    platforms: list[NamedRef] = []
    awards_won: int = 0
    titles: dict[str, str] = {}

    def subject(self) -> str:
        """Return `movie:<id>`."""
        return f"movie:{self.id}"

    def cache_tags(self) -> tuple[str, ...]:
        """A changed film makes its own page and every list of films stale."""
        return (self.subject(), "movies")


class MovieCreated(MovieData):
    """A film has come into the catalog."""

    type: ClassVar[str] = "catalog.movie.created"


class MovieUpdated(MovieData):
    """A film's own data has changed (or is sent anew by `republish`)."""

    type: ClassVar[str] = "catalog.movie.updated"


class MovieDeleted(EventData):
    """A film has gone from sight; consumers keep a tombstone with its revision.

    `hard` when it is gone for good: nothing will ever restore it.
    """

    type: ClassVar[str] = "catalog.movie.deleted"

    id: int
    slug: str
    hard: bool = False

    def subject(self) -> str:
        """Return `movie:<id>`."""
        return f"movie:{self.id}"

    def cache_tags(self) -> tuple[str, ...]:
        """A deleted film makes its own page and every list of films stale."""
        return (self.subject(), "movies")


class MovieMerged(EventData):
    """A double has become part of another film: what hangs on `id` belongs to `into` now.

    Told with the revision of the film that goes, which is told as deleted as well; whoever holds
    something about it moves that over. `republish` tells it again, so moving must be safe twice.
    """

    type: ClassVar[str] = "catalog.movie.merged"

    id: int
    slug: str
    into: int

    def subject(self) -> str:
        """Return `movie:<id>` of the film that goes."""
        return f"movie:{self.id}"

    def cache_tags(self) -> tuple[str, ...]:
        """Both films' pages and every list of films are stale."""
        return (self.subject(), f"movie:{self.into}", "movies")


class MovieRatingChanged(EventData):
    """The catalog shows a new average of a film; told so that caches let the old one go."""

    type: ClassVar[str] = "catalog.movie.rating_changed"

    id: int
    slug: str
    average: float | None
    count: int

    def subject(self) -> str:
        """Return `movie:<id>`."""
        return f"movie:{self.id}"


class PersonData(EventData):
    """Someone with credits, whole. Their films are told as changed where the name is another."""

    id: int
    slug: str
    name: str
    birthday: date | None = None
    deathday: date | None = None
    gender: str | None = None
    country: str | None = None
    portrait_url: str | None = None

    def subject(self) -> str:
        """Return `person:<id>`."""
        return f"person:{self.id}"

    def cache_tags(self) -> tuple[str, ...]:
        """Someone's own pages and every list of people are stale."""
        return (self.subject(), "people")


class PersonCreated(PersonData):
    """Someone has come into the catalog."""

    type: ClassVar[str] = "catalog.person.created"


class PersonUpdated(PersonData):
    """Someone's own data has changed (or is sent anew by `republish`)."""

    type: ClassVar[str] = "catalog.person.updated"


class PersonDeleted(EventData):
    """Someone has gone from sight; `hard` when for good."""

    type: ClassVar[str] = "catalog.person.deleted"

    id: int
    slug: str
    hard: bool = False

    def subject(self) -> str:
        """Return `person:<id>`."""
        return f"person:{self.id}"

    def cache_tags(self) -> tuple[str, ...]:
        """Someone's own pages and every list of people are stale."""
        return (self.subject(), "people")


class PersonMerged(PersonDeleted):
    """Two records were one person: whoever refers to `id` refers to `into` from now on."""

    type: ClassVar[str] = "catalog.person.merged"

    into: int


class TermData(EventData):
    """A genre, platform, award or tag, whole; `names` are its translations by language."""

    kind: ClassVar[str]

    id: int
    slug: str
    name: str
    names: dict[str, str] = {}

    def subject(self) -> str:
        """Return `<kind>:<id>`."""
        return f"{self.kind}:{self.id}"

    def cache_tags(self) -> tuple[str, ...]:
        """The thing itself and the list of its kind are stale."""
        return (self.subject(), f"{self.kind}s")


class TermDeleted(EventData):
    """A genre, platform, award or tag has gone from sight; `hard` when for good."""

    kind: ClassVar[str]

    id: int
    slug: str
    hard: bool = False

    def subject(self) -> str:
        """Return `<kind>:<id>`."""
        return f"{self.kind}:{self.id}"

    def cache_tags(self) -> tuple[str, ...]:
        """The thing itself and the list of its kind are stale."""
        return (self.subject(), f"{self.kind}s")


class GenreUpdated(TermData):
    """A genre is new, or has changed; films that have it are told as changed too."""

    kind: ClassVar[str] = "genre"
    type: ClassVar[str] = "catalog.genre.updated"


class GenreDeleted(TermDeleted):
    """A genre has gone from sight."""

    kind: ClassVar[str] = "genre"
    type: ClassVar[str] = "catalog.genre.deleted"


class PlatformUpdated(TermData):
    """A platform is new, or has changed; films on it are told as changed too."""

    kind: ClassVar[str] = "platform"
    type: ClassVar[str] = "catalog.platform.updated"


class PlatformDeleted(TermDeleted):
    """A platform has gone from sight."""

    kind: ClassVar[str] = "platform"
    type: ClassVar[str] = "catalog.platform.deleted"


class AwardUpdated(TermData):
    """An award is new, or has changed."""

    kind: ClassVar[str] = "award"
    type: ClassVar[str] = "catalog.award.updated"


class AwardDeleted(TermDeleted):
    """An award has gone from sight."""

    kind: ClassVar[str] = "award"
    type: ClassVar[str] = "catalog.award.deleted"


class TagUpdated(TermData):
    """A tag is new, or has changed; films that have it are told as changed too."""

    kind: ClassVar[str] = "tag"
    type: ClassVar[str] = "catalog.tag.updated"


class TagDeleted(TermDeleted):
    """A tag has gone from sight."""

    kind: ClassVar[str] = "tag"
    type: ClassVar[str] = "catalog.tag.deleted"


class ImportedMember(BaseModel):
    """A member known only by an imported data set."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: UUID
    username: str
    name: str


class MembersImported(EventData):
    """Members that an import found, in chunks of at most 1,000; identity makes them accounts."""

    type: ClassVar[str] = "catalog.import.members_found"

    import_id: UUID
    chunk: int
    source: str
    members: list[ImportedMember]

    def subject(self) -> str:
        """Return `import:<id>`."""
        return f"import:{self.import_id}"


class ImportedRating(BaseModel):
    """One rating of an imported data set; `at` in Unix seconds."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    user_id: UUID
    movie_id: int
    value: float
    at: int


class RatingsImported(EventData):
    """Ratings that an import found, in chunks of at most 1,000; social takes them in bulk."""

    type: ClassVar[str] = "catalog.import.ratings_found"

    import_id: UUID
    chunk: int
    source: str
    ratings: list[ImportedRating]

    def subject(self) -> str:
        """Return `import:<id>`."""
        return f"import:{self.import_id}"


class ImportFinished(EventData):
    """An import has read its last row; everything it found was told before this."""

    type: ClassVar[str] = "catalog.import.finished"

    import_id: UUID
    source: str
    movies: int
    members: int
    ratings: int

    def subject(self) -> str:
        """Return `import:<id>`."""
        return f"import:{self.import_id}"
