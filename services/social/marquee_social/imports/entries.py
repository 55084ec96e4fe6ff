"""What a row of any source says of a film, and how the rows about one film become one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from marquee_shared.events.social import SignalKind
from marquee_social.imports.errors import UnreadableFileError
from marquee_social.lists.schemas import ListMovieWrite
from marquee_social.reviews.schemas import ReviewCreate

MOST_ROWS: Final = 20_000
LONGEST_TITLE: Final = 500
LAST_PLACE: Final = 1_000_000
EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 1870, 2200

_SIGNAL: TypeAdapter[str] = TypeAdapter(SignalKind)
_STRENGTH = {"seen": 0, "like": 1, "not_interested": 1, "dislike": 1}


@dataclass(slots=True)
class Entry:
    """A film and what is brought about it; times are aware, or None where none is known.

    `rating` counts half steps. `key` names the film within its source. `problems` are codes of
    what could not be taken of the row.
    """

    title: str = ""
    year: int | None = None
    ids: dict[str, Any] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    rating: int | None = None
    rated_at: datetime | None = None
    signal: str | None = None
    signal_at: datetime | None = None
    watchlist: bool = False
    added_at: datetime | None = None
    place: int | None = None
    note: str | None = None
    review: dict[str, Any] | None = None
    problems: list[str] = field(default_factory=list)

    def rate(self, value: Any, step: float, at: datetime | None) -> None:
        """Note a rating given in units of `step` half steps; empty: none."""
        if value in (None, ""):
            return
        try:
            steps = float(value) / step
        except (TypeError, ValueError):
            steps = 0.0
        if isinstance(value, bool) or not (1 <= steps <= 10 and steps == int(steps)):  # noqa: PLR2004 - the scale
            self.problems.append("rating_invalid")
            return
        self.rating, self.rated_at = int(steps), at

    def mark(self, kind: Any, at: datetime | None) -> None:
        """Note a signal."""
        try:
            self.signal, self.signal_at = _SIGNAL.validate_python(kind), at
        except ValidationError:
            self.problems.append("signal_invalid")

    def list(self, at: datetime | None, place: Any = None, note: Any = None) -> None:
        """Note that the film is on the watchlist; `place` orders it there, if it is a number."""
        self.watchlist, self.added_at = True, at
        self.place = place if type(place) is int and 0 <= place <= LAST_PLACE else None
        try:
            self.note = ListMovieWrite(note=note).note
        except ValidationError:
            self.problems.append("note_invalid")

    def tell(self, review: dict[str, Any], at: datetime | None) -> None:
        """Note a review, of the members that `ReviewCreate` has."""
        try:
            words = ReviewCreate.model_validate(review).model_dump()
        except ValidationError:
            self.problems.append("review_invalid")
            return
        self.review = {**words, "at": at}

    @property
    def brings(self) -> dict[str, Any]:
        """What there is to take in, by what it is."""
        found: dict[str, Any] = {}
        if self.rating is not None:
            found["rating"] = {"half_steps": self.rating, "at": self.rated_at}
        if self.signal is not None:
            found["signal"] = {"kind": self.signal, "at": self.signal_at}
        if self.watchlist:
            found["watchlist"] = {"at": self.added_at, "place": self.place, "note": self.note}
        if self.review is not None:
            found["review"] = self.review
        return found

    @property
    def is_invalid(self) -> bool:
        """Whether there is no film named, or nothing to take in."""
        return not (self.title or self.ids) or not self.brings

    def join(self, other: "Entry") -> None:
        """Add what another row says of the same film; of two ratings the newer counts."""
        self.ids = {**other.ids, **self.ids}
        if other.rating is not None and (
            self.rating is None or _newer(other.rated_at, self.rated_at)
        ):
            self.rating, self.rated_at = other.rating, other.rated_at
        if other.signal is not None and (
            self.signal is None
            or (_STRENGTH[other.signal], other.signal_at or EARLIEST)
            > (_STRENGTH[self.signal], self.signal_at or EARLIEST)
        ):
            self.signal, self.signal_at = other.signal, other.signal_at
        if other.watchlist and not self.watchlist:
            self.watchlist, self.added_at = True, other.added_at
            self.place, self.note = other.place, other.note
        if other.review is not None and (
            self.review is None or _newer(other.review["at"], self.review["at"])
        ):
            self.review = other.review
        self.problems += other.problems


def _newer(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one > other)


def moment(value: Any) -> datetime | None:
    """Return a time given as ISO text or in seconds since 1970; None: none, or in the future."""
    try:
        if isinstance(value, str) and value.strip().isdigit():
            found = datetime.fromtimestamp(int(value), UTC)
        elif isinstance(value, str):
            found = datetime.fromisoformat(value.strip())
        else:
            return None
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        found = found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if EARLIEST <= found <= datetime.now(UTC) else None


def year_of(value: Any) -> int | None:
    """Return a year, if this is one."""
    try:
        year = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return year if FIRST_YEAR <= year <= LAST_YEAR else None


def title_of(value: Any) -> str:
    """Return a title on one line; empty where this is none."""
    if not isinstance(value, str) or "\x00" in value:
        return ""
    return " ".join(value.split())[:LONGEST_TITLE]


def gather(entries: Iterable[Entry]) -> Iterator[tuple[int, Entry]]:
    """Join the rows about one film; yield each with the number of its first row, from 1.

    A row whose key ends in an empty part joins the one film that the rest of it names.

    Raises:
        UnreadableFileError: there are too many rows, or none.
    """
    films: dict[tuple[str, ...], tuple[int, Entry]] = {}
    vague: list[tuple[int, Entry]] = []
    line = 0
    for line, entry in enumerate(entries, start=1):
        if line > MOST_ROWS:
            raise UnreadableFileError("too_many_rows", f"There are more than {MOST_ROWS} rows.")
        if not any(entry.key):
            films[("", str(line))] = (line, entry)
        elif entry.key[-1] == "":
            vague.append((line, entry))
        elif entry.key in films:
            films[entry.key][1].join(entry)
        else:
            films[entry.key] = (line, entry)
    if line == 0:
        raise UnreadableFileError("empty", "The file holds no rows.")
    named: dict[tuple[str, ...], list[tuple[int, Entry]]] = {}
    for key, film in films.items():
        named.setdefault(key[:-1], []).append(film)
    for number, entry in vague:
        held = named.get(entry.key[:-1], [])
        if len(held) == 1:
            held[0][1].join(entry)
        else:
            films[(*entry.key, str(number))] = (number, entry)
            if not held:
                named[entry.key[:-1]] = [(number, entry)]
    return iter(sorted(films.values(), key=lambda film: film[0]))
