"""Slugs: the names of things in paths."""

import re
import unicodedata

MAX_LENGTH = 120
_SPECIAL = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "&": " and "}
    | dict.fromkeys("'\u2019", "")
)


def fold(text: str) -> str:
    """Return text without accents and case, for comparing and searching."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_SPECIAL))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def slugify(text: str, *, fallback: str = "untitled") -> str:
    """Return `a-z0-9` words joined by hyphens; letters of other scripts are kept as they are.

    `Amélie & I` → `amelie-and-i`. Text without any letter or digit gives `fallback`.
    """
    words = re.findall(r"[^\W_]+", fold(text))
    return "-".join(words)[:MAX_LENGTH].strip("-") or fallback
