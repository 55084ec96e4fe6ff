"""Plots as self-contained SVG: bars and lines with their confidence intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 640
ROW = 26
LEFT = 190
RIGHT = 90
PLOT = WIDTH - LEFT - RIGHT
HEIGHT = 240
MARGIN = 46


@dataclass(frozen=True, slots=True)
class Point:
    """A figure with the ends of its interval, both its own value where there is none."""

    label: str
    value: float
    low: float
    high: float

    @classmethod
    def of(cls, label: str, estimate: Mapping[str, float]) -> "Point":
        """From an estimate as the engine writes it."""
        value = estimate["value"]
        return cls(label, value, estimate.get("low", value), estimate.get("high", value))


def number(value: float) -> str:
    """Four significant digits at most."""
    return f"{value:.4g}"


def _svg(title: str, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">'
        f"{escape(words)}</text>"
    )


def bars(title: str, points: Sequence[Point], *, marked: str = "") -> str:
    """Horizontal bars from 0, each with its interval as a whisker; `marked` stands out."""
    top = max((point.high for point in points), default=0) or 1.0
    parts = []
    for place, point in enumerate(points):
        y = place * ROW + 4
        end, low, high = (
            LEFT + PLOT * max(value, 0) / top for value in (point.value, point.low, point.high)
        )
        kind = "marked" if point.label == marked else "bar"
        middle = y + ROW / 2 - 3
        parts += [
            _text(LEFT - 8, middle + 4, point.label, anchor="end"),
            (
                f'<rect x="{LEFT}" y="{y}" width="{max(end - LEFT, 0):.1f}" height="{ROW - 8}" '
                f'class="{kind}"/>'
            ),
            (
                f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{middle:.1f}" y2="{middle:.1f}" '
                'class="whisker"/>'
            ),
            _text(WIDTH - RIGHT + 8, middle + 4, number(point.value)),
        ]
    return _svg(title, len(points) * ROW + 8, parts)


def line(title: str, points: Sequence[Point], *, across: str) -> str:
    """A line over equally spaced points with its interval as a band; `across` names the axis."""
    if not points:
        return ""
    top = max(point.high for point in points) or 1.0
    width, height = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    step = width / max(len(points) - 1, 1)

    def at(place: int, value: float) -> str:
        return f"{MARGIN + place * step:.1f},{MARGIN + height * (1 - value / top):.1f}"

    band = [at(place, point.high) for place, point in enumerate(points)]
    band += [at(place, points[place].low) for place in reversed(range(len(points)))]
    middle = [at(place, point.value) for place, point in enumerate(points)]
    parts = [
        f'<polygon points="{" ".join(band)}" class="band"/>',
        f'<polyline points="{" ".join(middle)}" class="curve"/>',
        _text(WIDTH / 2, HEIGHT - 6, across, anchor="middle", kind="quiet"),
    ]
    for place, point in enumerate(points):
        x, y = (float(part) for part in middle[place].split(","))
        parts += [
            f'<circle cx="{x}" cy="{y}" r="3" class="dot"/>',
            _text(x, y - 9, number(point.value), anchor="middle"),
            _text(x, HEIGHT - MARGIN + 18, point.label, anchor="middle", kind="quiet"),
        ]
    return _svg(title, HEIGHT, parts)
