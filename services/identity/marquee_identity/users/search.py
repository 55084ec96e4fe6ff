"""Search words of a user: what a prefix may match, without case and accents.

They stand in a `tsvector` made word by word, not by a text search parser, which would take a
username such as `jo.doe-1` for a host name.
"""

import re
from typing import Final

from marquee_shared.slugs import fold

MOST_WORDS: Final = 10


def search_words(*names: str | None) -> list[str]:
    """Return the words of names, and the parts of words such as `jean-luc`."""
    found = set()
    for name in names:
        for word in fold(name or "").split():
            found |= {word, *re.split(r"[^\w]+|_", word)}
    return sorted(found - {""})


def prefix_query(text: str) -> str:
    """Return the `tsquery` of a search: each word begins a word; the empty one finds nothing."""
    words = fold(text).split()[:MOST_WORDS]
    quoted = ("'" + word.replace("\\", "\\\\").replace("'", "''") + "':*" for word in words)
    return " & ".join(quoted)
