"""Reads the tag genome of a MovieLens data set: how well each of a thousand tags fits a film.

A film gets the tags whose relevance is at least `RELEVANT`; such a tag counts as if given by ten
members times its relevance, so that a tag which members gave more often keeps their count.
Vig, Sen & Riedl 2012, https://doi.org/10.1145/2362394.2362395.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from marquee_catalog.imports.archives import DataFile
from marquee_catalog.imports.layouts import Layout
from marquee_catalog.imports.movielens import (
    Advance,
    BadRowError,
    read_lines,
    row_cells,
    row_number,
    row_tag,
)
from marquee_catalog.imports.staging import Stage
from marquee_catalog.search.words import indexed_words

RELEVANT: Final = 0.7
MEMBERS: Final = 10

Tag = tuple[str, str, list[str]]
"""Slug, name, words."""

_CLEAN = re.compile(rb"(?:[0-9]{1,15},[0-9]{1,15},(?:0(?:\.[0-9]{1,20})?|1(?:\.0{1,20})?)\r?\n)*+")
_RELEVANT = re.compile(rb"^([0-9]+),([0-9]+),(0\.[7-9][0-9]*|1(?:\.0*)?)\r?$", re.MULTILINE)


async def read_genome(
    stage: Stage, files: Mapping[str, tuple[DataFile, Layout]], advance: Advance
) -> None:
    """Stage the telling tags of films, where the data set has a genome."""
    if "genome-tags" not in files or "genome-scores" not in files:
        for kind in ("genome-tags", "genome-scores"):
            if kind in files:
                await advance(files[kind][0].count_lines())
        return
    tags = await _read_tags(stage, *files["genome-tags"], advance)
    file, layout = files["genome-scores"]
    columns = ("number", "member", "slug", "name", "words", "line", "given")
    line = 1
    for number, whole in enumerate(file.blocks()):
        _, _, rest = whole.partition(b"\n")
        block = rest if number == 0 else whole
        line += number == 0
        block = block if block.endswith(b"\n") else block + b"\n"
        scores = _scores(stage, file, layout, line, block)
        await stage.copy("stage_tags", columns, (
            (film, None, *tags[tag], at, round(MEMBERS * relevance))
            for at, film, tag, relevance in scores if tag in tags
        ))  # fmt: skip
        await stage.write_rejections()
        line += block.count(b"\n")
        await advance(block.count(b"\n"))


async def _read_tags(
    stage: Stage, file: DataFile, layout: Layout, advance: Advance
) -> dict[int, Tag]:
    tags: dict[int, Tag] = {}

    def take(_line: int, cells: list[str]) -> None:
        slug, name = row_tag(cells[1])
        tags[row_number(cells[0], "tagId")] = (slug, name, indexed_words(name))

    async def flush() -> None:
        """Keep all of them: they are about a thousand."""

    await read_lines(stage, file, layout, advance, take, flush)
    return tags


def _scores(
    stage: Stage, file: DataFile, layout: Layout, first: int, block: bytes
) -> Iterator[tuple[int, int, int, float]]:
    """Yield line, film, tag and relevance of the telling scores; refuse rows that are none."""
    if layout.is_usual and _CLEAN.fullmatch(block):
        for found in _RELEVANT.finditer(block):
            yield first, int(found[1]), int(found[2]), float(found[3])
        return
    for line, content in enumerate(block[:-1].split(b"\n"), start=first):
        if not content.strip(b"\r"):
            continue
        try:
            film, tag, score = row_cells(content, layout)
            relevance = _relevance(score)
            row = (line, row_number(film, "movieId"), row_number(tag, "tagId"), relevance)
        except BadRowError as error:
            stage.reject(file.name, line, str(error))
        else:
            if relevance >= RELEVANT:
                yield row


def _relevance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise BadRowError(f"the relevance is not a number from 0 to 1: {text[:30]!r}")
    return value
