"""Tells members and ratings of an import in chunks, each once.

A chunk's digest is remembered in the transaction that tells it: an import that was killed goes
on where it stopped, and the same file again tells nothing.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from sqlalchemy import text

from marquee_catalog.imports.staging import Stage
from marquee_shared.database import WriteSession
from marquee_shared.events.catalog import ImportFinished, MembersImported, RatingsImported
from marquee_shared.outbox import publish_many, publish_written

CHUNK = 1000
CHUNKS_AT_ONCE = 50

RESOLVE = (
    text(
        "INSERT INTO stage_resolved (number, movie_id) SELECT s.number, m.id "
        "FROM stage_films AS s JOIN movies AS m ON m.id = s.movie_id AND m.deleted_at IS NULL"
    ),
    text(
        """
        INSERT INTO stage_resolved (number, movie_id)
        SELECT wanted.film, m.id FROM (
            SELECT DISTINCT film FROM stage_ratings
            EXCEPT SELECT number FROM stage_resolved
        ) AS wanted
        JOIN external_ids AS e ON e.source = :source AND e.foreign_id = wanted.film::text
        JOIN movies AS m ON m.id = e.movie_id AND m.deleted_at IS NULL
        """
    ),
    text("CREATE INDEX ON stage_resolved (number)"),
    text("ANALYZE stage_resolved"),
)

_UNKNOWN_FILMS = text(
    "SELECT line, film FROM stage_ratings "
    "WHERE film NOT IN (SELECT number FROM stage_resolved) ORDER BY line"
)
_UNNAMED = text(
    "SELECT DISTINCT r.member FROM stage_ratings AS r JOIN stage_resolved AS x "
    "ON x.number = r.film WHERE NOT EXISTS (SELECT FROM stage_members AS m "
    "WHERE m.number = r.member) ORDER BY 1"
)
_WRITE_MEMBERS = text("UPDATE stage_members SET body = '{\"user_id\" : \"' || id || '\"'")
"""How each of a member's ratings begins as JSON: written once, for it costs most of a rating."""
_MEMBERS = text(
    "SELECT number, id, username, name FROM stage_members WHERE number > :after "
    "ORDER BY number LIMIT :limit"
)
_RATINGS = text(
    """
    SELECT (turn - 1) / :chunk AS chunk, max(line) AS last_line, count(*) AS ratings,
        '[' || string_agg(rating, ', ' ORDER BY line) || ']' AS body
    FROM (
        SELECT r.line, row_number() OVER (ORDER BY r.line) AS turn,
            m.body || ', "movie_id" : ' || x.movie_id || ', "value" : ' || r.value
                || ', "at" : ' || r.at || '}' AS rating
        FROM (
            SELECT * FROM stage_ratings AS r
            WHERE line > :after AND EXISTS (
                SELECT FROM stage_resolved AS x WHERE x.number = r.film)
            ORDER BY line LIMIT :limit
        ) AS r
        JOIN stage_members AS m ON m.number = r.member
        JOIN stage_resolved AS x ON x.number = r.film
    ) AS numbered
    GROUP BY 1 ORDER BY 1
    """
)
_REMEMBER = text(
    "INSERT INTO import_chunks (source, digest) "
    "SELECT :source, unnest(CAST(:digests AS bytea[])) ON CONFLICT DO NOTHING RETURNING digest"
)


def member_id(source: str, foreign_id: str) -> UUID:
    """Return the id that a member of a data set has with us, always the same."""
    return uuid5(NAMESPACE_URL, f"marquee:{source}:{foreign_id}")


async def remember(session: WriteSession, source: str, digests: list[bytes]) -> set[bytes]:
    """Write down what is told now; return what was not before."""
    values = {"source": source, "digests": sorted(set(digests))}
    return set((await session.execute(_REMEMBER, values)).scalars())


@dataclass(slots=True)
class Teller:
    """Tells chunks that were not told before, and keeps count."""

    stage: Stage
    source: str
    import_id: UUID
    members: int = 0
    ratings: int = 0
    told: int = 0
    _chunk: int = 0
    _all: Any = field(default_factory=hashlib.sha256)

    async def _new(self, session: WriteSession, digests: list[bytes]) -> set[bytes]:
        for digest in digests:
            self._all.update(digest)
        return await remember(session, self.source, digests)

    async def tell_members(self, session: WriteSession, members: list[dict[str, Any]]) -> None:
        """Tell members, at most a thousand."""
        body = orjson.dumps(members)
        digest = hashlib.sha256(b"members" + body).digest()
        self.members += len(members)
        if digest in await self._new(session, [digest]):
            event = MembersImported(
                import_id=self.import_id, chunk=self._chunk, source=self.source, members=members
            )
            await publish_many(session, [(event, 1)])
            self.told += 1
        self._chunk += 1

    async def tell_ratings(self, session: WriteSession, bodies: list[tuple[int, str]]) -> None:
        """Tell chunks of ratings, given as how many and their JSON."""
        digests = [hashlib.sha256(body.encode()).digest() for _, body in bodies]
        new = await self._new(session, digests)
        head = orjson.dumps({"import_id": str(self.import_id), "source": self.source}).decode()[:-1]
        subject = f"import:{self.import_id}"
        events = []
        for (count, body), digest in zip(bodies, digests, strict=True):
            if digest in new:
                new.discard(digest)
                data = f'{head},"chunk":{self._chunk},"ratings":{body}}}'
                events.append((subject, 1, data))
            self._chunk += 1
            self.ratings += count
        await publish_written(session, RatingsImported, events)
        self.told += len(events)

    async def finish(self, session: WriteSession, *, movies: int, films_changed: bool) -> None:
        """Tell that all was told, unless this very import was told to its end before."""
        digest = hashlib.sha256(b"finished" + self._all.digest()).digest()
        new = await self._new(session, [digest])
        if new or self.told or films_changed:
            finished = ImportFinished(
                import_id=self.import_id,
                source=self.source,
                movies=movies,
                members=self.members,
                ratings=self.ratings,
            )
            await publish_many(session, [(finished, 1)])


async def resolve_films(stage: Stage, source: str, file: str) -> None:
    """Find the film of each staged rating, and refuse those of films nobody knows."""
    async with stage.transaction() as session:
        for statement in RESOLVE:
            needs_source = ":source" in statement.text
            await session.execute(statement, {"source": source} if needs_source else {})
        unknown = await session.stream(_UNKNOWN_FILMS)
        async for row in unknown:
            stage.reject(file, row.line, f"there is no film {row.film}")
    await stage.write_rejections()


def _named(source: str, number: int) -> tuple[str, str]:
    """Return username and name of a member: `ml-12`, "MovieLens member 12"; `ml100k-12`."""
    edition = source.removeprefix("movielens")
    label = " ".join(filter(None, ("MovieLens", edition.upper(), "member")))
    return f"ml{edition}-{number}", f"{label} {number}"


async def name_members(stage: Stage, source: str) -> None:
    """Stage the members who are known by their ratings only."""
    async with stage.transaction() as session:
        numbers = list((await session.execute(_UNNAMED)).scalars())
    columns = ("number", "id", "username", "name")
    await stage.copy("stage_members", columns, (
        (number, member_id(source, str(number)), *_named(source, number))
        for number in numbers
    ))  # fmt: skip
    async with stage.transaction() as session:
        await session.execute(_WRITE_MEMBERS)
        await session.execute(text("CREATE INDEX ON stage_members (number)"))
        await session.execute(text("ANALYZE stage_members"))


async def next_members(session: WriteSession, after: int) -> tuple[list[dict[str, Any]], int]:
    """Return the next thousand members and the number of the last."""
    rows = (await session.execute(_MEMBERS, {"after": after, "limit": CHUNK})).all()
    members = [{"id": str(r.id), "username": r.username, "name": r.name} for r in rows]
    return members, rows[-1].number if rows else after


async def next_ratings(session: WriteSession, after: int) -> tuple[list[tuple[int, str]], int]:
    """Return the next chunks of ratings, and the line of the last."""
    values = {"after": after, "chunk": CHUNK, "limit": CHUNK * CHUNKS_AT_ONCE}
    rows = (await session.execute(_RATINGS, values)).all()
    return [(r.ratings, r.body) for r in rows], rows[-1].last_line if rows else after
