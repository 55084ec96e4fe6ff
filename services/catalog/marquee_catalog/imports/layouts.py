"""The files of a MovieLens data set, edition by edition: which are there, how their lines go.

The `.csv` ones with a header (columns in any order) of ml-latest, ml-20m, ml-25m and ml-32m, the
older `.dat` ones with `::` (ml-1m, ml-10m), and `u.item` and `u.data` of ml-100k, which numbers
films in its own way.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from marquee_catalog.imports.archives import DataFile, Dataset
from marquee_catalog.imports.errors import UnreadableDataset

SOURCE = "movielens"
SOURCE_100K = "movielens100k"
"""The same film has another number there, and another film the same."""
LONGEST_LINE = 20_000

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "movies": ("movieId", "title", "genres"),
    "links": ("movieId", "imdbId", "tmdbId"),
    "ratings": ("userId", "movieId", "rating", "timestamp"),
    "tags": ("userId", "movieId", "tag", "timestamp"),
    "genome-tags": ("tagId", "tag"),
    "genome-scores": ("movieId", "tagId", "relevance"),
}
ORDER = ("movies", "links", "tags", "genome-tags", "genome-scores", "ratings")

GENRES_100K = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
)  # fmt: skip
"""What each of the flags at the end of a line of `u.item` stands for."""
FLAGS_FROM = 5
"""Number, title, release, video release and address come before them."""
FILES_100K = {"u.item": "movies", "u.data": "ratings"}


def kind_of(name: str) -> str | None:
    """Return which kind of ours a file's name stands for, or None."""
    if name.lower() in FILES_100K:
        return FILES_100K[name.lower()]
    stem, _, suffix = name.lower().rpartition(".")
    return stem if stem in COLUMNS and suffix in ("csv", "dat") else None


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of one file are laid out: `positions` of the columns we know, in our order."""

    kind: str
    separator: str
    header: bool
    width: int
    positions: tuple[int, ...]

    @property
    def is_usual(self) -> bool:
        """Whether the columns are just ours in our order."""
        return self.positions == tuple(range(self.width))


def find_layout(file: DataFile, kind: str) -> Layout:
    """Look at a file's beginning.

    Raises:
        UnreadableDataset: it is not such a file.
    """
    with file.open() as opened:
        first = opened.readline(LONGEST_LINE)
    wanted = COLUMNS[kind]
    if b"\x00" in first:
        raise UnreadableDataset(f"{file.name} is not a text file")
    line = first.decode("latin-1").removeprefix("\u00ef\u00bb\u00bf").strip()
    if file.name.rpartition("/")[2].lower() in FILES_100K:
        return _layout_100k(file.name, kind, line)
    if "::" in line:
        known = wanted if kind != "links" else ()
        if len(line.split("::")) != len(known):
            raise UnreadableDataset(f"{file.name} does not have the columns {', '.join(wanted)}")
        return Layout(kind, "::", header=False, width=len(known),
                      positions=tuple(range(len(known))))  # fmt: skip
    names = [name.strip().strip('"').lower() for name in line.split(",")]
    missing = [name for name in wanted if name.lower() not in names]
    if missing:
        raise UnreadableDataset(
            f"{file.name} is not a MovieLens file of {kind}: "
            f"its first line does not name the column {missing[0]}"
        )
    return Layout(kind, ",", header=True, width=len(names),
                  positions=tuple(names.index(name.lower()) for name in wanted))  # fmt: skip


def _layout_100k(name: str, kind: str, line: str) -> Layout:
    separator, width, positions = "\t", 4, (0, 1, 2, 3)
    if kind == "movies":
        separator, width = "|", FLAGS_FROM + len(GENRES_100K)
        positions = (0, 1, *range(FLAGS_FROM, width))
    if len(line.split(separator)) != width:
        raise UnreadableDataset(f"{name} does not have {width} columns")
    return Layout(kind, separator, header=False, width=width, positions=positions)


def edition_of(dataset: Dataset) -> str:
    """Return whose numbers of films and members a data set has."""
    return SOURCE_100K if FILES_100K.keys() & dataset.keys() else SOURCE


def find_files(dataset: Dataset) -> dict[str, tuple[DataFile, Layout]]:
    """Return the files we read, by kind, each with its layout.

    Raises:
        UnreadableDataset: there is nothing to import, or a file is not what its name says.
    """
    found = {kind: file for name, file in dataset.items() if (kind := kind_of(name))}
    if not found and len(dataset) == 1:
        found = {_guess(*dataset.values()): next(iter(dataset.values()))}
    if "movies" not in found and "ratings" not in found:
        raise UnreadableDataset("there is neither a movies.csv nor a ratings.csv in it")
    return {kind: (found[kind], find_layout(found[kind], kind)) for kind in ORDER if kind in found}


def _guess(file: DataFile) -> str:
    for kind in ORDER:
        try:
            find_layout(file, kind)
        except UnreadableDataset:
            continue
        return kind
    raise UnreadableDataset(f"{file.name} is neither an archive nor a MovieLens CSV file")
