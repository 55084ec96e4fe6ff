"""Taking in what is sure, some hundred rows per transaction; and taking it all back.

A rating is taken in by the rule of every import: of several the newest counts. Each row keeps how
things stood before and the revision they have since: undoing changes only what still stands so.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from marquee_shared.database import WriteSession
from marquee_social.imports import repository
from marquee_social.imports.repository import ImportedRow
from marquee_social.lists.bringing import bring_entries, take_entries_back
from marquee_social.marks.repository import MarkRow
from marquee_social.movies.schemas import CatalogMovie
from marquee_social.movies.service import learn_movies
from marquee_social.ratings.repository import lock_bulk, merge_ratings
from marquee_social.ratings.service import RATINGS
from marquee_social.reviews.bringing import bring_reviews, take_reviews_back
from marquee_social.signals.repository import merge_signals
from marquee_social.signals.service import SIGNALS

CHUNK = 500
LONG_AGO = datetime.fromtimestamp(0, UTC)
"""When what has no date was said: before all that has one."""

Undo = defaultdict[int, dict[str, Any]]
"""By film, what its rows changed."""


def _time(given: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(given["at"]) if given["at"] else LONG_AGO


def _before(row: MarkRow) -> dict[str, Any]:
    return {
        "value": row.before,
        "at": row.at_before,
        "created_at": row.created_before,
        "revision_before": row.revision_before,
        "revision": row.revision,
    }


def _parts(rows: Sequence[ImportedRow], kind: str) -> list[tuple[int, dict[str, Any]]]:
    return [(row.movie_id, row.brings[kind]) for row in rows if kind in row.brings]


async def commit_rows(
    session: WriteSession, member: UUID, import_id: UUID, rows: Sequence[ImportedRow]
) -> None:
    """Take in rows of a locked import: ratings, signals and reviews."""
    undo: Undo = defaultdict(dict)
    await learn_movies(session, (CatalogMovie.model_validate(row.movie) for row in rows))
    if ratings := _parts(rows, "rating"):
        await lock_bulk(session)
        changed = await merge_ratings(
            session,
            [member] * len(ratings),
            [movie_id for movie_id, _ in ratings],
            [given["half_steps"] for _, given in ratings],
            [_time(given) for _, given in ratings],
        )
        await RATINGS.tell(session, changed)
        for row in changed:
            undo[row.movie_id]["rating"] = _before(row)
    if signals := _parts(rows, "signal"):
        changed = await merge_signals(
            session,
            member,
            [movie_id for movie_id, _ in signals],
            [given["kind"] for _, given in signals],
            [_time(given) for _, given in signals],
        )
        await SIGNALS.tell(session, changed)
        for row in changed:
            undo[row.movie_id]["signal"] = _before(row)
    if reviews := dict(_parts(rows, "review")):
        given = [{**words, "movie_id": movie_id} for movie_id, words in reviews.items()]
        for row in await bring_reviews(session, member, given):
            undo[row.movie_id]["review"] = row.id
    await repository.committed(
        session,
        import_id,
        [{"line": row.line, "undo": undo.pop(row.movie_id, {})} for row in rows],
    )


async def commit_watchlist(session: WriteSession, member: UUID, import_id: UUID) -> None:
    """Put what a locked import has for it on the watchlist, in the order it stood there."""
    rows = await repository.rows_to_list(session, import_id)
    if not rows:
        return
    entries: dict[int, dict[str, Any]] = {}
    for row in rows:
        note, at = row.entry["note"], row.entry["at"]
        entries.setdefault(row.movie_id, {"movie_id": row.movie_id, "note": note, "at": at})
    added = await bring_entries(session, member, list(entries.values()))
    await repository.listed(session, import_id, [row.line for row in rows], added)


def _standing(rows: Sequence[ImportedRow], kind: str) -> list[dict[str, Any]]:
    """Return how each film's mark was before the first of the changes that follow on each other.

    `rows` are the last first.
    """
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        change = row.undo.get(kind)
        if change is None:
            continue
        later = found.get(row.movie_id)
        if later is None:
            found[row.movie_id] = {**change, "movie_id": row.movie_id}
        elif later["revision_before"] == change["revision"]:
            found[row.movie_id] = {**later, **change, "revision": later["revision"]}
    return [
        {
            "movie_id": change["movie_id"],
            "value": change["value"],
            "at": change["at"],
            "created_at": change["created_at"],
            "revision": change["revision"],
        }
        for change in found.values()
    ]


async def take_back(session: WriteSession, member: UUID, import_id: UUID, until: datetime) -> None:
    """Put everything a locked import changed back as it was, where nobody changed it since."""
    rows = await repository.undoable(session, import_id)
    if ratings := _standing(rows, "rating"):
        await lock_bulk(session)
        await RATINGS.restore(session, member, ratings)
    if signals := _standing(rows, "signal"):
        await SIGNALS.restore(session, member, signals)
    if reviews := [row.undo["review"] for row in rows if "review" in row.undo]:
        await take_reviews_back(session, member, reviews)
    if listed := [row.movie_id for row in rows if "watchlist" in row.undo]:
        await take_entries_back(session, member, listed, until)
    await repository.undone(session, import_id)
