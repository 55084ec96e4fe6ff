"""The rules of filling lists.

What a fill asks for is checked, and the recommender asked, before the request's transaction takes
a connection; then, under the list's lock, films are chosen from what is open to the member now:
not rated, signalled, seen to the end or in the list, released, of any of the genres, and on any of
the member's platforms where they have named some. Nothing of that depends on the recommender.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import Row

from marquee_shared.database import ReadSession, WriteSession
from marquee_shared.peers import Peer
from marquee_shared.problems import FieldError, Invalid
from marquee_shared.service import Context
from marquee_social.fills import repository
from marquee_social.fills.ranking import Ranking, find_ranking
from marquee_social.fills.schemas import FillPick, FillRead, ListFill
from marquee_social.fills.scoring import Candidate, choose
from marquee_social.lists.errors import ListFull
from marquee_social.lists.repository import touch
from marquee_social.lists.schemas import MOST_MOVIES
from marquee_social.movies.schemas import MovieSummary
from marquee_social.settings import SocialSettings
from marquee_social.users.schemas import UserSummary

SLUG = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A fill that may be: all it names is there, and the ranking, where that could be had."""

    member: UUID
    fill: ListFill
    friends: Sequence[UUID]
    platforms: Sequence[str]
    list_id: int | None
    ranking: Ranking | None
    language: str


async def _missing(catalog: Peer, kind: str, unknown: Sequence[str]) -> set[str]:
    """Return which of the slugs that no film here has the catalog does not know either."""
    missing = set()
    for slug in unknown:
        if SLUG.fullmatch(slug):
            status, _ = await catalog.json("GET", f"/v1/{kind}/{quote(slug)}")
            if status == HTTPStatus.OK:
                continue
        missing.add(slug)
    return missing


async def prepare(
    context: Context[SocialSettings],
    member: UUID,
    token: str,
    fill: ListFill,
    *,
    list_slug: str | None,
    pointer: str,
    language: str,
) -> Prepared:
    """Check what a fill names, and ask the recommender.

    Raises:
        Invalid: `genre_not_found`, `person_not_found`, `not_your_friend`, each by its pointer.
        Unavailable: the catalog has to be asked of a slug, and cannot be.
    """
    async with context.database.reading() as session:
        known = await repository.find_conditions(
            session, member, fill.genres, fill.people, fill.friends, list_slug
        )
    catalog = context.peer("catalog")
    genres = await _missing(catalog, "genres", known.unknown_genres)
    people = await _missing(catalog, "people", known.unknown_people)
    wrong = [
        FieldError(pointer=f"{pointer}/{name}/{index}", code=code, detail=detail)
        for name, code, detail, is_wrong in (
            ("genres", "genre_not_found", "There is no such genre.", genres.__contains__),
            ("people", "person_not_found", "There is no such person.", people.__contains__),
            (
                "friends",
                "not_your_friend",
                "This is no friend of yours.",
                lambda username: username not in known.friends,
            ),
        )
        for index, given in enumerate(getattr(fill, name))
        if is_wrong(given)
    ]
    if wrong:
        raise Invalid(errors=wrong)
    ranking = await find_ranking(
        context.peer("recommender"),
        token,
        context.settings.ranking_seconds,
        genres=fill.genres,
        platforms=known.platforms,
        exclude=known.held,
        language=language,
    )
    return Prepared(
        member=member,
        fill=fill,
        friends=[UUID(friend) for friend in known.friends.values()],
        platforms=known.platforms,
        list_id=known.list_id,
        ranking=ranking,
        language=language,
    )


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        movie=MovieSummary.model_validate(row),
        popularity=row.popularity,
        awards=row.awards,
        people=row.people,
        friends=[
            (UserSummary.model_validate(rated["user"]), rated["half_steps"])
            for rated in row.friends
        ],
    )


async def pick(
    session: ReadSession | WriteSession, prepared: Prepared, list_id: int | None, limit: int
) -> FillRead:
    """Return the films a list would be filled with, the best first."""
    ranking = prepared.ranking
    rows = await repository.find_candidates(
        session,
        {
            "viewer": prepared.member,
            "list_id": list_id,
            "ranked": list(ranking.films) if ranking is not None else [],
            "genres": prepared.fill.genres,
            "people": prepared.fill.people,
            "friends": prepared.friends,
            "platforms": prepared.platforms,
        },
    )
    picks: list[FillPick] = choose(
        [_candidate(row) for row in rows], ranking, limit, prepared.language
    )
    return FillRead(items=picks, ranking="popularity" if ranking is None else "recommender")


async def fill_list(session: WriteSession, prepared: Prepared, list_id: int) -> FillRead:
    """Put films at the end of a locked list; return them.

    Raises:
        ListFull: the list holds `MOST_MOVIES`.
    """
    room = MOST_MOVIES - await repository.count_held(session, list_id)
    if room <= 0:
        raise ListFull(most=MOST_MOVIES)
    filled = await pick(session, prepared, list_id, min(room, prepared.fill.limit))
    await repository.add_fill(session, list_id, [item.movie.id for item in filled.items])
    return filled


async def undo_fill(session: WriteSession, list_id: int, last: int) -> None:
    """Take out of a locked list what its last fill brought, as far as it is there by that."""
    if await repository.take_back(session, list_id, last):
        await touch(session, list_id)
