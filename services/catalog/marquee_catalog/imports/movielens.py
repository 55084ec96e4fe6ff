"""Reads a MovieLens data set into the staging tables.

Any of the `layouts`; what has no header is Latin-1 where it is not UTF-8.
Harper & Konstan 2015, https://doi.org/10.1145/2827872.

Blocks of ratings that a regular expression finds clean go to `COPY` as they are; any other
block is read line by line, and each row that is not taken gets a reason.
"""

import csv
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from marquee_catalog.genres.names import genre_name, genre_slug
from marquee_catalog.imports.archives import DataFile
from marquee_catalog.imports.layouts import GENRES_100K, LONGEST_LINE, Layout
from marquee_catalog.imports.staging import FILM_CHUNK, Stage
from marquee_catalog.movies.naming import movie_slug, title_columns
from marquee_catalog.movies.schemas import imdb_id
from marquee_catalog.search.words import indexed_words
from marquee_shared.slugs import slugify

BATCH = 5000
LONGEST_TITLE = 500
LONGEST_TAG = 100
LAST_ID = 10**15
LAST_SECOND = 4_102_444_800  # 2100-01-01
YEARS = range(1870, 2101)

Advance = Callable[[int], Awaitable[None]]
"""Told how many lines were read since the last time."""

NOT_GENRES = frozenset({"(no genres listed)", "IMAX", "unknown", ""})

_YEAR = re.compile(r"^(?P<title>.*?)\s*\((?P<year>\d{4})(?:[-–]\d{0,4})?\)\s*$", re.DOTALL)  # noqa: RUF001 - as the data has it
_OTHER = re.compile(r"\s*\((?P<other>[^()]+)\)\s*$")
_OTHER_INSIDE = re.compile(r"\s*\((?P<other>[^()]+)\)\s*(?=,\s*\w+$)")
_AKA = re.compile(r"^a\.?k\.?a\.?:?\s*", re.IGNORECASE)
_ARTICLE = re.compile(
    r"^(?P<rest>.+), (?P<article>The|A|An|Le|La|Les|L'|Un|Une|El|Los|Las|Una|Der|Die|Das|Ein|Eine|"
    r"Il|Lo|Gli|I|Den|Det|De|Het|O|Os|As|Al)$"
)


@dataclass(frozen=True, slots=True)
class ParsedTitle:
    """A MovieLens title taken apart."""

    title: str
    year: int | None
    original: str | None
    alternatives: tuple[str, ...]


def _article_first(title: str) -> str:
    found = _ARTICLE.match(title.strip())
    if found is None:
        return title.strip()
    article = found["article"]
    return f"{article}{'' if article.endswith(chr(39)) else ' '}{found['rest']}"


def parse_title(raw: str) -> ParsedTitle:
    """Take apart `Matrix, The (Original Title) (a.k.a. Other) (1999)`."""
    rest, year = raw.strip(), None
    if found := _YEAR.match(rest):
        rest, year = found["title"], int(found["year"])
    others: list[str] = []
    for pattern in (_OTHER, _OTHER_INSIDE):
        while (found := pattern.search(rest)) and (shorter := pattern.sub("", rest, count=1)):
            others.insert(0, found["other"])
            rest = shorter
    original = next((_article_first(o) for o in others if not _AKA.match(o)), None)
    known_as = (_article_first(_AKA.sub("", o)) for o in others)
    alternatives = tuple(name for name in known_as if name and name != original)
    return ParsedTitle(_article_first(rest), year, original, alternatives)


class BadRowError(ValueError):
    """A row that is not taken; the message is the reason."""


def _decode(line: bytes, layout: Layout) -> str:
    if len(line) > LONGEST_LINE:
        raise BadRowError("the line is too long")
    try:
        decoded = line.decode("utf-8")
    except UnicodeDecodeError:
        if layout.header:
            raise BadRowError("not UTF-8") from None
        decoded = line.decode("latin-1")
    if "\x00" in decoded:
        raise BadRowError("it contains the NUL character")
    return decoded.rstrip("\r\n")


def row_cells(line: bytes, layout: Layout) -> list[str]:
    """Return what stands in the columns we know, or raise `BadRowError`."""
    decoded = _decode(line, layout)
    if layout.separator == ",":
        try:
            (cells,) = csv.reader([decoded], strict=True)
        except (csv.Error, ValueError):
            raise BadRowError("a quote is not closed") from None
    else:
        cells = decoded.split(layout.separator)
    if len(cells) != layout.width:
        problem = "too many" if len(cells) > layout.width else "too few"
        raise BadRowError(f"{problem} columns: {len(cells)} in place of {layout.width}")
    return [cells[position].strip() for position in layout.positions]


def row_number(text: str, name: str, last: int = LAST_ID) -> int:
    """Return a cell that must be a number, or raise `BadRowError`."""
    if not (text.isascii() and text.isdigit()) or int(text) > last:
        raise BadRowError(f"{name} is not a number: {text[:30]!r}")
    return int(text)


def _rating(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadRowError(f"the rating is not a number: {text[:30]!r}") from None
    if not (0.5 <= value <= 5 and value * 2 == int(value * 2)):  # noqa: PLR2004 - the scale
        raise BadRowError(f"the rating is not a half step from 0.5 to 5: {text[:30]!r}")
    return value


def _lines(file: DataFile, layout: Layout) -> Iterator[tuple[int, bytes]]:
    """Yield the numbered lines with something on them, the header left out."""
    number = 0
    for block in file.blocks():
        for line in block.removesuffix(b"\n").split(b"\n"):
            number += 1
            content = line.strip(b"\r\n")
            if content and not (layout.header and number == 1):
                yield number, content


async def read_lines(
    stage: Stage,
    file: DataFile,
    layout: Layout,
    advance: Advance,
    take: Callable[[int, list[str]], None],
    flush: Callable[[], Awaitable[None]],
) -> None:
    """Give each good row to `take`, note the others, and flush every few thousand lines."""
    read = 0
    for number, line in _lines(file, layout):
        try:
            take(number, row_cells(line, layout))
        except BadRowError as error:
            stage.reject(file.name, number, str(error))
        read += 1
        if read == BATCH:
            await flush()
            await stage.write_rejections()
            await advance(read)
            read = 0
    await flush()
    await stage.write_rejections()
    await advance(read)


FILM_COLUMNS = (
    "number", "line", "chunk", "foreign_id", "slug", "title", "original_title",
    "alternative_titles", "year", "folded_title", "title_words", "own_title_keys",
)  # fmt: skip


def _genre_names(cells: list[str]) -> list[str]:
    if len(cells) == 1:
        return cells[0].split("|")
    return [name for name, flag in zip(GENRES_100K, cells, strict=True) if flag == "1"]


async def read_movies(stage: Stage, file: DataFile, layout: Layout, advance: Advance) -> None:
    """Stage films and their genres."""
    films: list[tuple[object, ...]] = []
    genres: list[tuple[object, ...]] = []
    count = 0

    def take(line: int, cells: list[str]) -> None:
        nonlocal count
        number = row_number(cells[0], "movieId")
        if not cells[1] or len(cells[1]) > LONGEST_TITLE:
            raise BadRowError("the title is empty or too long")
        parsed = parse_title(cells[1])
        if parsed.year is not None and parsed.year not in YEARS:
            raise BadRowError(f"a bad year: {parsed.year}")
        if not parsed.title:
            raise BadRowError("there is no title before the year")
        columns = title_columns(parsed.title, parsed.original, *parsed.alternatives)
        films.append((
            number, line, count // FILM_CHUNK, str(number), movie_slug(parsed.title, parsed.year),
            parsed.title, parsed.original, list(parsed.alternatives), parsed.year,
            columns["folded_title"], columns["title_words"], columns["own_title_keys"],
        ))  # fmt: skip
        count += 1
        for position, name in enumerate(_genre_names(cells[2:])):
            if name.strip() not in NOT_GENRES:
                genres.append((number, genre_slug(name), genre_name(name.strip()), position))

    async def flush() -> None:
        await stage.copy("stage_films", FILM_COLUMNS, films)
        await stage.copy("stage_genres", ("number", "slug", "name", "position"), genres)
        films.clear()
        genres.clear()

    await read_lines(stage, file, layout, advance, take, flush)


async def read_links(stage: Stage, file: DataFile, layout: Layout, advance: Advance) -> None:
    """Stage films' ids at IMDb and TMDB."""
    links: list[tuple[object, ...]] = []

    def take(_line: int, cells: list[str]) -> None:
        number = row_number(cells[0], "movieId")
        if cells[1]:
            imdb = row_number(cells[1].removeprefix("tt"), "imdbId")
            links.append((number, "imdb", imdb_id(str(imdb))))
        if cells[2]:
            links.append((number, "tmdb", str(row_number(cells[2], "tmdbId"))))

    async def flush() -> None:
        await stage.copy("stage_links", ("number", "source", "foreign_id"), links)
        links.clear()

    await read_lines(stage, file, layout, advance, take, flush)


def row_tag(text: str) -> tuple[str, str]:
    """Return a tag's slug and name, or raise `BadRowError`."""
    name = " ".join(text.lower().split())
    slug = slugify(name, fallback="")
    if not slug or len(name) > LONGEST_TAG:
        raise BadRowError("the tag is empty or too long")
    return slug, name


async def read_tags(stage: Stage, file: DataFile, layout: Layout, advance: Advance) -> None:
    """Stage the tags that members gave."""
    tags: list[tuple[object, ...]] = []

    def take(line: int, cells: list[str]) -> None:
        member, film = row_number(cells[0], "userId"), row_number(cells[1], "movieId")
        slug, name = row_tag(cells[2])
        tags.append((film, member, slug, name, indexed_words(name), line))

    async def flush() -> None:
        columns = ("number", "member", "slug", "name", "words", "line")
        await stage.copy("stage_tags", columns, tags)
        tags.clear()

    await read_lines(stage, file, layout, advance, take, flush)


def _clean(separator: bytes, ending: bytes) -> re.Pattern[bytes]:
    row = rb"[0-9]{1,15}@[0-9]{1,15}@(?:[0-4]\.5|[1-5](?:\.0)?)@[0-9]{1,10}" + ending
    return re.compile(b"(?:" + row.replace(b"@", separator) + b")*+")


_CLEAN = {
    (separator, ending): _clean(separator.encode(), ending)
    for separator in (",", "::", "\t")
    for ending in (b"\n", b"\r\n")
}
RATING_COLUMNS = ("member", "film", "value", "at")


async def read_ratings(stage: Stage, file: DataFile, layout: Layout, advance: Advance) -> None:
    """Stage ratings, clean blocks without a look at each row."""
    line = 1
    for number, whole in enumerate(file.blocks()):
        block = whole
        if number == 0 and layout.header:
            _, _, block = whole.partition(b"\n")
            line += 1
        if not block.endswith(b"\n"):
            block += b"\n"
        ending = b"\r\n" if block.endswith(b"\r\n") else b"\n"
        count = block.count(b"\n")
        if layout.is_usual and _CLEAN[layout.separator, ending].fullmatch(block):
            await stage.number_lines_from(line)
            await stage.copy_csv(
                "stage_ratings", RATING_COLUMNS, block.replace(layout.separator.encode(), b",")
            )
        else:
            rows = list(_rating_rows(stage, file, layout, line, block))
            await stage.copy("stage_ratings", ("line", *RATING_COLUMNS), rows)
            await stage.write_rejections()
        line += count
        await advance(count)


def _rating_rows(
    stage: Stage, file: DataFile, layout: Layout, first: int, block: bytes
) -> Iterator[tuple[int, int, int, float, int]]:
    for line, content in enumerate(block[:-1].split(b"\n"), start=first):
        if not content.strip(b"\r"):
            continue
        try:
            user, film, value, at = row_cells(content, layout)
            yield (
                line,
                row_number(user, "userId"),
                row_number(film, "movieId"),
                _rating(value),
                row_number(at, "timestamp", LAST_SECOND),
            )
        except BadRowError as error:
            stage.reject(file.name, line, str(error))


READERS = {
    "movies": read_movies,
    "links": read_links,
    "tags": read_tags,
    "ratings": read_ratings,
}


async def read_movielens(
    stage: Stage, files: Mapping[str, tuple[DataFile, Layout]], advance: Advance
) -> None:
    """Stage the whole data set but its genome."""
    for kind, (file, layout) in files.items():
        if kind in READERS:
            await READERS[kind](stage, file, layout, advance)
