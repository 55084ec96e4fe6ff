"""Which films rows mean: the catalog is asked, the decision is made here."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from marquee_shared.peers import Peer
from marquee_shared.problems import BadGateway
from marquee_social.imports.repository import Decision, ImportedRow
from marquee_social.movies.schemas import CatalogMovie

CHUNK = 500
DEADLINE_SECONDS = 15.0
CERTAIN = 1.0
SURE = 0.9
"""From here a film is taken to be meant, if no other one comes near."""
RIVAL = 0.85


class _Candidate(BaseModel):
    model_config = ConfigDict(extra="ignore")

    movie: CatalogMovie
    external_ids: dict[str, str] = {}
    confidence: float


class _Match(BaseModel):
    candidates: list[_Candidate]


class _Matches(BaseModel):
    items: list[_Match]


async def ask_matches(catalog: Peer, rows: Sequence[dict[str, Any]]) -> list[list[_Candidate]]:
    """Return the films that each of at most `CHUNK` rows may mean, the surest first.

    Raises:
        BadGateway: the catalog answers nonsense, or (its subclasses) not at all.
    """
    status, content = await catalog.json(
        "POST", "/internal/matches", body={"rows": list(rows)}, timeout=DEADLINE_SECONDS
    )
    if status != HTTPStatus.OK:
        raise BadGateway
    try:
        items = _Matches.model_validate(content).items
    except ValidationError as error:
        raise BadGateway from error
    if len(items) != len(rows):
        raise BadGateway
    return [item.candidates for item in items]


def question(row: ImportedRow) -> dict[str, Any]:
    """Return what to ask the catalog about a row."""
    return {**row.ids, "title": row.title or None, "year": row.year}


def decision(line: int, candidates: Sequence[_Candidate]) -> Decision:
    """Return which film a row means, if that is sure."""
    if not candidates:
        return Decision(line=line, state="unmatched", confidence=0, movie_id=None, candidates=[])
    first, rivals = candidates[0], candidates[1:]
    near = CERTAIN if first.confidence >= CERTAIN else RIVAL
    sure = first.confidence >= SURE and not any(rival.confidence >= near for rival in rivals)
    return Decision(
        line=line,
        state="matched" if sure else "ambiguous",
        confidence=first.confidence,
        movie_id=first.movie.id if sure else None,
        candidates=[
            {
                "movie": candidate.movie.model_dump(
                    include={"id", "slug", "title", "year", "cover_url", "genres"}
                ),
                "confidence": candidate.confidence,
            }
            for candidate in candidates
        ],
    )
