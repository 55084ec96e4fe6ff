"""What someone typed, as a full-text query that forgives one typo per word.

The last word is also taken as the beginning of one. Words of three letters or fewer are
forgiven only when no film has them as they stand.
"""

from dataclasses import dataclass

from sqlalchemy import text

from marquee_catalog.search.words import (
    SHORTEST_WITH_TYPO,
    deletions,
    spelled_like,
    split_words,
    title_key,
)
from marquee_shared.database import ReadSession

MOST_WORDS = 12
MOST_SPELLINGS = 40

NEIGHBOURS = text(
    "SELECT word FROM dictionary WHERE deletions && CAST(:deletions AS text[]) LIMIT 5000"
)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A query in three strengths, as PostgreSQL `tsquery` text, and the title it may name."""

    key: str
    exact: str
    in_title: str
    tolerant: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing searchable was typed."""
        return not self.tolerant


def _joined(groups: list[list[str]], *, weight: str = "") -> str:
    """Return the query for one word of each group, the last group's first word as a prefix."""
    marked = [[f"'{word}':{weight}" for word in group] for group in groups]
    marked[-1][0] = f"'{groups[-1][0]}':*{weight}"
    plain = [[term.removesuffix(":") for term in group] for group in marked]
    return " & ".join(f"({' | '.join(group)})" for group in plain)


async def understand(session: ReadSession, typed: str) -> SearchQuery:
    """Split what was typed into words and look up, in one query, what else they may mean."""
    words = list(dict.fromkeys(split_words(typed)))[:MOST_WORDS]
    if not words:
        return SearchQuery("", "", "", "")
    wanted = sorted({part for word in words if len(word) > 2 for part in deletions(word)})  # noqa: PLR2004 - "up" has no typo
    known = set((await session.execute(NEIGHBOURS, {"deletions": wanted})).scalars())
    groups = []
    for word in words:
        forgiven = len(word) >= SHORTEST_WITH_TYPO or word not in known
        others = spelled_like(word, known) if forgiven else []
        groups.append([word, *sorted(others)[:MOST_SPELLINGS]])
    plain = [[word] for word in words]
    return SearchQuery(
        key=title_key(typed),
        exact=_joined(plain),
        in_title=_joined(plain, weight="A"),
        tolerant=_joined(groups),
    )
