"""Drawn covers: a poster for a film that has no picture.

Colours and motif follow from the first genre, their arrangement from the slug, so a film keeps
its poster. Nothing is fetched, no script and no style sheet is needed, and every text in it is
escaped.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Final

from marquee_catalog.covers.motifs import HEIGHT, MOTIFS, WIDTH, Dice
from marquee_catalog.covers.palettes import OTHERS, PALETTES, Palette

MARGIN: Final = 30
TEXT_TOP: Final = 398
TEXT_BOTTOM: Final = 532
SIZES: Final = ((44, 2), (38, 3), (33, 3), (28, 4), (23, 5))
"""Sizes of type to try, largest first, and the lines that each has room for."""

SMALL: Final = 17

_NARROW: Final = frozenset("iIjlftr.,:;'!|()[] -1")
_WIDE: Final = frozenset("mwMW@%&—")
FONT: Final = "'Avenir Next', 'Century Gothic', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Film:
    """What a poster shows."""

    slug: str
    title: str
    year: int | None
    genres: Sequence[tuple[str, str]]
    """Slugs and names."""


def palette_of(film: Film) -> Palette:
    """Return the colours of the first genre that has some, else some that the slug chooses."""
    for slug, _ in film.genres:
        if slug in PALETTES:
            return PALETTES[slug]
    return OTHERS[Dice(film.slug).between(0, len(OTHERS) - 1)]


def _motif(film: Film, palette: Palette, dice: Dice) -> str:
    """Choose among the motifs of the film's first two genres."""
    choice = list(palette.motifs)
    for slug, _ in film.genres[1:2]:
        if slug in PALETTES:
            choice += [name for name in PALETTES[slug].motifs if name not in choice]
    return choice[dice.between(0, len(choice) - 1)]


def _arranged(palette: Palette, dice: Dice) -> Palette:
    """Let one film in three have the two colours the other way round."""
    if dice.between(0, 2):
        return palette
    return replace(palette, first=palette.second, second=palette.first)


def draw_placeholder(film: Film) -> bytes:
    """Return the poster as an SVG document of 400 by 600."""
    palette = palette_of(film)
    title = _printable(film.title) or "—"
    lines, size = wrap(title)
    below = " · ".join(
        part for part in (str(film.year) if film.year else "", *_genre_names(film)) if part
    )
    leading = size * 1.12
    first = TEXT_TOP + size * 0.8
    rows = "".join(
        f'<tspan x="{MARGIN}" y="{first + number * leading:g}">{escape(line)}</tspan>'
        for number, line in enumerate(lines)
    )
    dice = Dice(film.slug)
    motif = MOTIFS[_motif(film, palette, dice)](dice, _arranged(palette, dice))
    shown = escape(title if film.year is None else f"{title} ({film.year})")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{shown}">'
        f"<title>{shown}</title>"
        f'<clipPath id="p"><rect width="{WIDTH}" height="372"/></clipPath>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{palette.paper}"/>'
        f'<g clip-path="url(#p)">{motif}</g>'
        f'<text font-family="{FONT}" font-size="{size}" font-weight="700" '
        f'letter-spacing="{-size / 60:.2f}" fill="{palette.ink}">{rows}</text>'
        f'<rect x="{MARGIN}" y="548" width="34" height="3" fill="{palette.first}"/>'
        f'<text x="{MARGIN}" y="574" font-family="{FONT}" font-size="{SMALL}" letter-spacing="0.3" '
        f'fill="{palette.ink}" fill-opacity="0.82">{escape(below)}</text>'
        "</svg>"
    ).encode()


def _genre_names(film: Film) -> list[str]:
    """Return as many genres as stand on one line of small type, two at most."""
    names: list[str] = []
    for _, name in film.genres[:2]:
        if advance(" · ".join((*names, _printable(name), "0000"))) * SMALL > WIDTH - 2 * MARGIN:
            break
        names.append(_printable(name))
    return names


def _printable(text: str) -> str:
    """Drop what XML or a line of type cannot hold."""
    kept = "".join(
        " " if unicodedata.category(c) in {"Zl", "Zp"} or c in "\t\r\n" else c
        for c in text
        if c in "\t\r\n" or unicodedata.category(c) not in {"Cc", "Cs", "Cn", "Co"}
    )
    return " ".join(kept.split())


def advance(text: str) -> float:
    """Estimate how wide a text is set in a bold, wide face, in ems: any other takes less."""
    total = 0.0
    for c in text:
        if unicodedata.combining(c):
            continue
        if unicodedata.east_asian_width(c) in "WF":
            total += 1.04
        elif c in _NARROW:
            total += 0.4
        elif c in _WIDE:
            total += 1.04
        else:
            total += 0.8 if c.isupper() or not c.isalnum() else 0.68
    return total


def wrap(title: str) -> tuple[list[str], int]:
    """Return the lines of a title and the size to set them in; what has no room is cut by “…”."""
    for size, room in SIZES:
        lines = _lines(title, (WIDTH - 2 * MARGIN) / size, cut=False)
        if lines is not None and len(lines) <= room:
            return _balanced(title, lines, (WIDTH - 2 * MARGIN) / size), size
    size, room = SIZES[-1]
    lines = _lines(title, (WIDTH - 2 * MARGIN) / size, cut=True) or [title]
    if len(lines) > room:
        last = lines[room - 1]
        while last and advance(last + "…") > (WIDTH - 2 * MARGIN) / size:
            last = last[:-1]
        lines = [*lines[: room - 1], last.rstrip(" ,.:;-") + "…"]
    return lines, size


def _balanced(title: str, lines: list[str], width: float) -> list[str]:
    """Return as many lines of more even length: the narrowest measure that needs no more."""
    best = lines
    while len(lines) > 1:
        width *= 0.94
        narrower = _lines(title, width, cut=False)
        if narrower is None or len(narrower) > len(lines):
            break
        best = narrower
    return best


def _lines(title: str, width: float, *, cut: bool) -> list[str] | None:
    """Fill lines with words; None where a word has no room on a line and may not be cut."""
    lines: list[str] = []
    line = ""
    for word in _words(title):
        candidate = f"{line}{word}" if line else word.lstrip()
        if advance(candidate.rstrip()) <= width:
            line = candidate
            continue
        if line.strip():
            lines.append(line.strip())
        line = word.lstrip()
        while advance(line.rstrip()) > width:
            if not cut:
                return None
            end = len(line) - 1
            while end > 1 and advance(line[:end]) > width:
                end -= 1
            lines.append(line[:end])
            line = line[end:]
    if line.strip():
        lines.append(line.strip())
    return lines


def _words(title: str) -> list[str]:
    """Split where a line may end: at blanks, and around signs that stand for words."""
    words: list[str] = []
    for part in title.split(" "):
        piece = " "
        for c in part:
            if unicodedata.east_asian_width(c) in "WF":
                if piece.strip():
                    words.append(piece)
                    piece = ""
                words.append(piece + c)
                piece = ""
            else:
                piece += c
        if piece.strip():
            words.append(piece)
    return words
