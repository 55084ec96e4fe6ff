"""Colours and motifs of each genre's drawn covers."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Palette:
    """Four colours that go together, and the motifs drawn in them (see `covers.motifs`).

    `ink` is readable on `paper`: at least 7:1.
    """

    paper: str
    ink: str
    first: str
    second: str
    motifs: tuple[str, ...]


PALETTES: Final[dict[str, Palette]] = {
    "action": Palette("#1d1a26", "#fff4e4", "#ff5a36", "#ffb238", ("bars", "chevrons")),
    "adventure": Palette("#12343b", "#fdf3dc", "#e1b382", "#2d8a83", ("ridges", "sun")),
    "animation": Palette("#fdeecb", "#2b2140", "#f2668b", "#2fa7c4", ("confetti", "waves")),
    "biography": Palette("#ece4d6", "#2a2622", "#b5552f", "#7c8b7a", ("halves", "strata")),
    "children": Palette("#fff1c9", "#1f2d4d", "#ff8c5a", "#46b39d", ("confetti", "smiles")),
    "comedy": Palette("#ffd65c", "#2a1d3a", "#ff6f59", "#fff3cf", ("smiles", "confetti")),
    "crime": Palette("#17181c", "#f1ece2", "#a63a32", "#5a5f6b", ("blinds", "tunnel")),
    "documentary": Palette("#e9e7e1", "#1f2326", "#3d6b7d", "#c9a35b", ("strata", "columns")),
    "drama": Palette("#e8ddcf", "#2b1e28", "#8f3b4a", "#4f6272", ("halves", "ridges", "rings")),
    "fantasy": Palette("#241b45", "#f6ecff", "#b48ae8", "#f0c674", ("moons", "ridges")),
    "film-noir": Palette("#0e0e10", "#f2f0ea", "#8c8a84", "#d9d5ca", ("blinds", "tunnel")),
    "history": Palette("#efe3c8", "#33241a", "#9c6b30", "#5e6b52", ("columns", "strata")),
    "horror": Palette("#0f0b0d", "#f7e9e4", "#b3132b", "#3f1d26", ("slits", "tunnel")),
    "music": Palette("#f7e7ff", "#2a123d", "#7b3fc4", "#ff8a5c", ("waves", "rings")),
    "musical": Palette("#2d1537", "#ffeef8", "#ff5fa2", "#ffc857", ("waves", "smiles")),
    "mystery": Palette("#152238", "#edf1f7", "#5f7fb8", "#d8b45f", ("rings", "moons")),
    "romance": Palette("#fbdfd9", "#3d1526", "#d6435f", "#f3968a", ("meeting", "halves")),
    "sci-fi": Palette("#0b1730", "#e8f4ff", "#3fb8d8", "#ff7a59", ("orbits", "rings")),
    "sport": Palette("#0f3d2e", "#f3ffe9", "#d8f05a", "#4fb477", ("bars", "waves")),
    "thriller": Palette("#10212b", "#eaf6f4", "#e4572e", "#2f6f7e", ("tunnel", "blinds")),
    "war": Palette("#2b2d1f", "#f4efdc", "#b08d3c", "#6f7550", ("chevrons", "bars")),
    "western": Palette("#f3c98b", "#3a1c12", "#c8502d", "#8a3b22", ("sun", "ridges")),
}

OTHERS: Final = (
    Palette("#22313f", "#f4f1ea", "#e8a33d", "#5f8a8b", ("rings",)),
    Palette("#efe6dd", "#28202c", "#7a5c86", "#d08c60", ("halves",)),
    Palette("#16302b", "#eef5ee", "#8fc0a9", "#e9c46a", ("strata",)),
    Palette("#3a1f2b", "#fbeee6", "#e07a5f", "#f2cc8f", ("waves",)),
)
"""For films of a genre that has none, or of no genre; the slug chooses."""
