"""What someone typed, as a full-text query that forgives one typo per word.

The last word is also taken as the beginning of one. Words of three letters or fewer are
forgiven only when no film has them as they stand.
"""

from collections.abc import Callable
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
    """A query in several strengths, as PostgreSQL `tsquery` text, and the title it may name.

    `tolerant` and `tolerant_title` are those of `exact` and `in_title` where no known word is
    spelled like one of the query's.
    """

    words: tuple[str, ...]
    key: str
    exact: str
    in_title: str
    tolerant: str
    tolerant_title: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing searchable was typed."""
        return not self.words

    @property
    def parameters(self) -> dict[str, str]:
        """What the conditions of `TIERS` and `FOUND` ask for."""
        return {
            "key": self.key,
            "key_end": self.key + "\U0010ffff",
            "exact": self.exact,
            "in_title": self.in_title,
            "tolerant": self.tolerant,
            "tolerant_title": self.tolerant_title,
        }

    @property
    def tiers(self) -> list["Tier"]:
        """How films may match this query, best first; typos only where there may be any."""
        forgiving = self.tolerant != self.exact
        return [tier for tier in TIERS if forgiving or not tier.forgives]


@dataclass(frozen=True, slots=True)
class Tier:
    """One way to match, as a condition on `movies AS m` that an index answers."""

    rank: int
    condition: str
    forgives: bool = False
    in_title: bool = True


def _matches(column: str, parameter: str) -> str:
    return f"m.{column} @@ CAST(CAST(:{parameter} AS text) AS tsquery)"


TIERS = (
    Tier(7, "m.title_keys @> ARRAY[CAST(:key AS text)]"),
    Tier(6, "m.first_key >= CAST(:key AS text) AND m.first_key < CAST(:key_end AS text)"),
    Tier(5, _matches("words", "in_title")),
    Tier(4, _matches("words", "exact"), in_title=False),
    Tier(3, _matches("words", "tolerant_title"), forgives=True),
    Tier(2, _matches("words", "tolerant"), forgives=True, in_title=False),
    Tier(1, _matches("all_words", "exact"), in_title=False),
)
"""Best first: the very title, its beginning, words of titles, words of titles and people and
tags, the same two with a typo, words of the synopsis. A film matches by the best it meets."""

FOUND = f"({_matches('words', 'tolerant')} OR {_matches('all_words', 'exact')})"
"""The condition that a film matches in any way."""


def ranked(
    tiers: list[Tier],
    columns: str,
    where: str,
    *,
    reach: str,
    descending: bool,
    ahead: Callable[[int], bool] = lambda _rank: True,
) -> str:
    """Return SQL of films by match, then popularity: `rank`, `columns`, each film once.

    Only tiers whose rank is `ahead` are read.

    Each tier is a query of its own that ends at `reach` rows, and none is begun once those
    before it have given enough: a common word costs no more than a rare one.
    """
    direction = "DESC" if descending else "ASC"
    parts = []
    for place, tier in enumerate(tiers):
        if not ahead(tier.rank):
            continue
        better = "".join(f" AND ({other.condition}) IS NOT TRUE" for other in tiers[:place])
        limits = where.replace(":rank", str(tier.rank))
        parts.append(
            f"(SELECT {tier.rank} AS rank, {columns} FROM movies AS m WHERE {limits} "  # noqa: S608 - composed of constants
            f"AND {tier.condition}{better} "
            f"ORDER BY m.popularity {direction}, m.id {direction} LIMIT {reach})"
        )
    return " UNION ALL ".join(parts if descending else reversed(parts))


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
        return SearchQuery((), "", "", "", "", "")
    wanted = sorted({part for word in words if len(word) > 2 for part in deletions(word)})  # noqa: PLR2004 - "up" has no typo
    known = set((await session.execute(NEIGHBOURS, {"deletions": wanted})).scalars())
    groups = []
    for word in words:
        forgiven = len(word) >= SHORTEST_WITH_TYPO or word not in known
        others = spelled_like(word, known) if forgiven else []
        groups.append([word, *sorted(others)[:MOST_SPELLINGS]])
    plain = [[word] for word in words]
    return SearchQuery(
        words=tuple(words),
        key=title_key(typed),
        exact=_joined(plain),
        in_title=_joined(plain, weight="A"),
        tolerant=_joined(groups),
        tolerant_title=_joined(groups, weight="A"),
    )
