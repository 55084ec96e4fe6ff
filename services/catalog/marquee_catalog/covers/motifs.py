"""The drawings of drawn covers, each in the upper part of a 400 by 600 poster.

A motif takes dice, thrown the same way for the same film, and two colours; it returns SVG
elements. Shapes may reach past the edges; the poster cuts them.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from marquee_catalog.covers.palettes import Palette

WIDTH: Final = 400
HEIGHT: Final = 600
GROUND: Final = 400
"""Below this nothing of a motif is seen."""


class Dice:
    """Numbers that follow from a text: the same text throws the same."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._throws = 0

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        self._throws += 1
        seed = f"{self._text}:{self._throws}".encode("utf-8", "surrogatepass")
        number = int.from_bytes(hashlib.blake2b(seed, digest_size=8).digest())
        return low + number % (high - low + 1)


def _circle(x: float, y: float, r: float, fill: str, opacity: float = 1) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" fill="{fill}" fill-opacity="{opacity:g}"/>'


def _ring(x: float, y: float, r: float, stroke: str, width: float) -> str:
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" fill="none" stroke="{stroke}" '
        f'stroke-width="{width:g}"/>'
    )


def _polygon(points: Sequence[tuple[float, float]], fill: str, opacity: float = 1) -> str:
    listed = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polygon points="{listed}" fill="{fill}" fill-opacity="{opacity:g}"/>'


def _rect(x: float, y: float, w: float, h: float, fill: str, opacity: float = 1) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" fill="{fill}" '
        f'fill-opacity="{opacity:g}"/>'
    )


def bars(dice: Dice, p: Palette) -> str:
    """Speed: slanted bars that grow towards one side."""
    drawn = []
    x = -80 + dice.between(0, 60)
    for number in range(6):
        wide = 18 + number * 9 + dice.between(0, 14)
        colour = p.second if number == dice.between(2, 5) else p.first
        top = dice.between(-40, 40)
        drawn.append(
            _polygon(
                [(x + 170, top), (x + 170 + wide, top), (x + wide, 372), (x, 372)],
                colour,
                0.35 + number * 0.13,
            )
        )
        x += wide + 22
    return "".join(drawn)


def ridges(dice: Dice, p: Palette) -> str:
    """A way to go: ranges of mountains one behind the other, and a sun."""
    drawn = [_circle(dice.between(90, 310), dice.between(90, 150), dice.between(38, 60), p.first)]
    for number, opacity in enumerate((0.45, 0.7, 1.0)):
        base = 190 + number * 62
        points: list[tuple[float, float]] = [(-10, 400), (-10, base)]
        x = -10
        while x < WIDTH + 10:
            x += dice.between(50, 90)
            points.append((x, base - dice.between(40, 110)))
            x += dice.between(50, 90)
            points.append((x, base + dice.between(-14, 22)))
        points.append((x, 400))
        drawn.append(_polygon(points, p.second, opacity))
    return "".join(drawn)


def confetti(dice: Dice, p: Palette) -> str:
    """Play: a loose grid of discs, quarters and squares."""
    drawn = []
    for row in range(4):
        for column in range(4):
            x, y = column * 100, row * 92
            colour = (p.first, p.second, p.ink)[dice.between(0, 11) % 3]
            opacity = 0.9 if colour != p.ink else 0.85
            match dice.between(0, 5):
                case 0 | 1:
                    drawn.append(_circle(x + 50, y + 46, 40, colour, opacity))
                case 2:
                    drawn.append(_rect(x + 14, y + 10, 72, 72, colour, opacity))
                case 3:
                    drawn.append(
                        f'<path d="M{x + 10} {y + 86}a80 80 0 0 1 80 -80v80z" fill="{colour}" '
                        f'fill-opacity="{opacity:g}"/>'
                    )
                case 4:
                    drawn.append(_ring(x + 50, y + 46, 32, colour, 14))
    return "".join(drawn)


def halves(dice: Dice, p: Palette) -> str:
    """Two who do not quite meet: half discs against one another."""
    x = dice.between(170, 230)
    y = dice.between(165, 195)
    r = dice.between(120, 150)
    shift = dice.between(24, 74)
    return (
        f'<path d="M{x} {y - r}a{r} {r} 0 0 0 0 {2 * r}z" fill="{p.first}"/>'
        f'<path d="M{x} {y - r + shift}a{r} {r} 0 0 1 0 {2 * r}z" fill="{p.second}"/>'
    )


def smiles(dice: Dice, p: Palette) -> str:
    """Laughter: rows of half discs, some upside down."""
    drawn = []
    for row in range(3):
        for column in range(-1, 4):
            x = column * 116 + (58 if row % 2 else 0) + 8
            y = 56 + row * 116
            sweep = 0 if dice.between(0, 4) else 1
            colour = p.second if dice.between(0, 3) == 0 else p.first
            drawn.append(f'<path d="M{x} {y}a50 50 0 0 {sweep} 100 0z" fill="{colour}"/>')
    return "".join(drawn)


def blinds(dice: Dice, p: Palette) -> str:
    """A light through slats, and somebody behind them."""
    x = dice.between(120, 280)
    drawn = [
        _circle(x, 175, 74, p.first),
        f'<path d="M{x - 130} 400c0 -110 60 -150 130 -150s130 40 130 150z" fill="{p.first}"/>',
    ]
    y = -20
    while y < GROUND:
        thick = dice.between(13, 17)
        drawn.append(
            _polygon([(0, y + 26), (400, y), (400, y + thick), (0, y + 26 + thick)], p.paper)
        )
        drawn.append(_polygon([(0, y + 24), (400, y - 2), (400, y), (0, y + 26)], p.second, 0.45))
        y += 30
    return "".join(drawn)


def strata(dice: Dice, p: Palette) -> str:
    """What lies beneath: layers of lines, some of them broken by a core."""
    drawn = []
    y = 34
    while y < GROUND - 35:
        thick = dice.between(3, 16)
        colour = p.second if dice.between(0, 3) == 0 else p.first
        drawn.append(_rect(0, y, WIDTH, thick, colour, 0.45 + dice.between(0, 5) / 10))
        y += thick + dice.between(7, 13)
    x = dice.between(90, 270)
    drawn.append(_rect(x, 0, 46, 372, p.paper))
    drawn.append(_circle(x + 23, dice.between(90, 290), 17, p.second))
    return "".join(drawn)


def moons(dice: Dice, p: Palette) -> str:
    """Night: a crescent, an arch, a few stars."""
    x, y = dice.between(140, 260), dice.between(140, 180)
    drawn = [_circle(x, y, 92, p.second), _circle(x + 40, y - 22, 80, p.paper)]
    for _ in range(9):
        sx, sy, r = dice.between(20, 380), dice.between(20, 250), dice.between(3, 8)
        drawn.append(
            f'<path d="M{sx} {sy - r * 2}q{r / 3:g} {r * 1.7:g} {r * 2} {r * 2}q-{r * 1.7:g} '
            f"{r / 3:g} -{r * 2} {r * 2}q-{r / 3:g} -{r * 1.7:g} -{r * 2} -{r * 2}q{r * 1.7:g} "
            f'-{r / 3:g} {r * 2} -{r * 2}z" fill="{p.ink}" fill-opacity="0.9"/>'
        )
    drawn += [_ring(200, 470, 150 + n * 34, p.first, 14 - n * 4) for n in range(3)]
    return "".join(drawn)


def columns(dice: Dice, p: Palette) -> str:
    """What stood: columns of different height under an arch."""
    drawn = [f'<path d="M-20 250a220 220 0 0 1 440 0z" fill="{p.first}" fill-opacity="0.35"/>']
    for number in range(7):
        top = dice.between(90, 240)
        colour = p.second if dice.between(0, 2) == 0 else p.first
        drawn.append(_rect(16 + number * 54, top, 38, 400 - top, colour))
        drawn.append(_rect(10 + number * 54, top - 9, 50, 9, colour))
    return "".join(drawn)


def slits(dice: Dice, p: Palette) -> str:
    """Something looks: an upright eye between teeth."""
    x = dice.between(170, 230)
    drawn = [_circle(x, 185, 128, p.second)]
    drawn.append(
        f'<path d="M{x} 72c70 70 70 156 0 226c-70 -70 -70 -156 0 -226z" fill="{p.first}"/>'
    )
    drawn.append(
        f'<path d="M{x} 100c18 56 18 114 0 170c-18 -56 -18 -114 0 -170z" fill="{p.paper}"/>'
    )
    for number in range(9):
        left = number * 46 - 8
        drawn.append(
            _polygon([(left, -4), (left + 46, -4), (left + 23, dice.between(26, 96))], p.paper)
        )
        drawn.append(
            _polygon([(left, 380), (left + 46, 380), (left + 23, 380 - dice.between(26, 80))],
                     p.paper)
        )  # fmt: skip
    return "".join(drawn)


def waves(dice: Dice, p: Palette) -> str:
    """Sound: waves of growing height."""
    drawn = []
    for number in range(7):
        y = 60 + number * 46
        height = dice.between(14, 30) + number * 5
        colour = p.second if number % 3 == dice.between(0, 2) else p.first
        drawn.append(
            f'<path d="M-20 {y}q55 -{height} 110 0t110 0t110 0t110 0" fill="none" '
            f'stroke="{colour}" stroke-width="{6 + number * 2}" stroke-linecap="round" '
            f'stroke-opacity="{0.55 + number * 0.07:g}"/>'
        )
    return "".join(drawn)


def rings(dice: Dice, p: Palette) -> str:
    """A question: rings with a gap each, turned against one another."""
    x, y = dice.between(160, 240), dice.between(170, 200)
    drawn = [_circle(x, y, 22, p.second)]
    for number in range(5):
        r = 46 + number * 27
        length = 6.2832 * r
        gap = length * dice.between(12, 30) / 100
        drawn.append(
            f'<circle cx="{x}" cy="{y}" r="{r}" fill="none" stroke="{p.first}" '
            f'stroke-width="{13 - number}" stroke-dasharray="{length - gap:.1f} {gap:.1f}" '
            f'transform="rotate({dice.between(0, 359)} {x} {y})" '
            f'stroke-opacity="{1 - number * 0.12:g}"/>'
        )
    return "".join(drawn)


def meeting(dice: Dice, p: Palette) -> str:
    """Two discs, and what they share."""
    r = dice.between(96, 116)
    x, y = dice.between(134, 152), dice.between(160, 196)
    other = 400 - x
    return (
        f'<clipPath id="a"><circle cx="{x}" cy="{y}" r="{r}"/></clipPath>'
        + _circle(x, y, r, p.first)
        + _circle(other, y + dice.between(-26, 26), r, p.second)
        + f'<g clip-path="url(#a)">{_circle(other, y, r, p.ink)}</g>'
    )


def orbits(dice: Dice, p: Palette) -> str:
    """A planet and what circles it."""
    x, y, r = dice.between(150, 250), dice.between(160, 210), dice.between(62, 88)
    tilt = dice.between(-32, 32)
    drawn = [
        _circle(dice.between(4, 396), dice.between(4, 370), dice.between(6, 18) / 10, p.ink, 0.7)
        for _ in range(26)
    ]
    drawn.append(_circle(x, y, r, p.second))
    drawn.append(f'<path d="M{x - r} {y}a{r} {r} 0 0 0 {2 * r} 0z" fill="{p.paper}" '
                 'fill-opacity="0.28"/>')  # fmt: skip
    drawn.append(f'<g transform="rotate({tilt} {x} {y})">')
    drawn += [
        f'<ellipse cx="{x}" cy="{y}" rx="{r + 44 + number * 34}" ry="{26 + number * 13}" '
        f'fill="none" stroke="{p.first}" stroke-width="{5 - number}" '
        f'stroke-opacity="{1 - number * 0.25:g}"/>'
        for number in range(3)
    ]
    drawn.append(f"{_circle(x + r + 44, y, 10, p.ink)}</g>")
    return "".join(drawn)


def tunnel(dice: Dice, p: Palette) -> str:
    """No way back: frames that turn as they narrow."""
    x, y = dice.between(170, 230), dice.between(170, 200)
    turn = dice.between(4, 9) * (1 if dice.between(0, 1) else -1)
    drawn = []
    for number in range(8):
        half = 300 if number == 0 else 190 - number * 25
        colour = p.second if number % 2 == 0 else p.paper
        drawn.append(
            f'<rect x="{x - half}" y="{y - half}" width="{half * 2}" height="{half * 2}" '
            f'fill="{colour}" transform="rotate({number * turn} {x} {y})"/>'
        )
    drawn.append(_circle(x, y, 11, p.first))
    return "".join(drawn)


def chevrons(dice: Dice, p: Palette) -> str:
    """Ranks: chevrons, one of them broken off."""
    drawn = []
    lost = dice.between(1, 5)
    for number in range(7):
        y = -20 + number * 56
        colour = p.first if number % 2 else p.second
        right = 200 if number == lost else 420
        end = y + (right - 200) * 0.36
        points = [(-20, y + 80), (200, y), (right, end), (right, end + 26), (200, y + 26),
                  (-20, y + 106)]  # fmt: skip
        drawn.append(_polygon(points, colour, 0.9))
    return "".join(drawn)


def sun(dice: Dice, p: Palette) -> str:
    """A low sun over mesas."""
    x = dice.between(110, 290)
    drawn = [_circle(x, 215, 96, p.first)]
    drawn += [_rect(x - 110, 226 + n * 20, 220, 4 + n * 2, p.paper) for n in range(5)]
    edge = dice.between(30, 110)
    top = dice.between(214, 250)
    drawn.append(
        _polygon(
            [(-10, 400), (-10, top + 40), (edge - 14, top + 34), (edge, top), (edge + 86, top),
             (edge + 100, top + 54), (240, 316), (300, 306), (312, 262), (372, 262), (386, 312),
             (410, 318), (410, 400)],
            p.second,
        )
    )  # fmt: skip
    return "".join(drawn)


MOTIFS: Final[dict[str, Callable[[Dice, Palette], str]]] = {
    motif.__name__: motif
    for motif in (
        bars, ridges, confetti, halves, smiles, blinds, strata, moons, columns, slits, waves, rings,
        meeting, orbits, tunnel, chevrons, sun,
    )
}  # fmt: skip
