"""The data sets that come as a file: how each is recognised, read and joined with our films."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from marquee_catalog.imports import (
    exchange,
    filmfiles,
    films,
    genome,
    layouts,
    movielens,
    wikipedia,
)
from marquee_catalog.imports.archives import Dataset
from marquee_catalog.imports.filmfiles import BadFilmError, StagedFilm
from marquee_catalog.imports.meter import Meter
from marquee_catalog.imports.popularity import set_popularity
from marquee_catalog.imports.staging import Stage

Source = Literal["movielens", "wikipedia", "marquee"]
AnySource = Literal[Source, "tmdb"]


@dataclass(frozen=True, slots=True)
class Options:
    """What an import may do."""

    add_new: bool = False


@dataclass(frozen=True, slots=True)
class FileSource:
    """How a kind of file comes in.

    `check` raises `UnreadableDataset`; `read` stages; `join`, after the staging tables are
    indexed, finds films by this source's own rules and returns what to say about it.
    """

    check: Callable[[Dataset], object]
    read: Callable[[Stage, Meter, Dataset], Awaitable[None]]
    join: Callable[[Stage, Dataset, Options], Awaitable[dict[str, Any]]]
    named: bool = True
    """Whether films keep this source's id of them."""
    edition: Callable[[Dataset], str] | None = None
    """Whose ids films and members have, where that is not the same for every data set."""


async def _read_movielens(stage: Stage, meter: Meter, dataset: Dataset) -> None:
    found = layouts.find_files(dataset)
    meter.expect(sum(opened.count_lines() for opened, _ in found.values()))
    await movielens.read_movielens(stage, found, meter.advance)
    await genome.read_genome(stage, found, meter.advance)
    if "movies" in found:
        await films.drop_duplicates(stage, found["movies"][0].name)
    await set_popularity(stage)


async def _join_movielens(_stage: Stage, _dataset: Dataset, _options: Options) -> dict[str, Any]:
    return {}


async def _read_documents(
    parse: Callable[[int, Any], StagedFilm], stage: Stage, meter: Meter, dataset: Dataset
) -> None:
    file = filmfiles.only_file(dataset)
    batch: list[StagedFilm] = []
    read = staged = 0
    for line, row in filmfiles.documents(file):
        read += 1
        try:
            batch.append(parse(line, row))
        except BadFilmError as error:
            stage.reject(file.name, line, str(error))
        if len(batch) == filmfiles.BATCH:
            await filmfiles.stage_films(stage, staged, batch)
            await stage.write_rejections()
            staged += len(batch)
            batch.clear()
    await filmfiles.stage_films(stage, staged, batch)
    await stage.write_rejections()
    meter.expect(read)
    await meter.advance(read)


async def _join_wikipedia(stage: Stage, dataset: Dataset, options: Options) -> dict[str, Any]:
    file = filmfiles.only_file(dataset).name
    return {"confidence": await wikipedia.join_films(stage, file, add_new=options.add_new)}


async def _join_marquee(stage: Stage, dataset: Dataset, _options: Options) -> dict[str, Any]:
    await exchange.join_films(stage, filmfiles.only_file(dataset).name)
    return {}


SOURCES: Mapping[str, FileSource] = {
    layouts.SOURCE: FileSource(
        layouts.find_files, _read_movielens, _join_movielens, edition=layouts.edition_of
    ),
    wikipedia.SOURCE: FileSource(
        filmfiles.check_documents,
        partial(_read_documents, wikipedia.parse_film),
        _join_wikipedia,
    ),
    exchange.SOURCE: FileSource(
        filmfiles.check_documents,
        partial(_read_documents, exchange.parse_film),
        _join_marquee,
        named=False,
    ),
}
