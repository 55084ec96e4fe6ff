"""Brings staged films into the catalog, a thousand per transaction, each statement for all.

A staged film is one of ours when the source's own id says so, else when an IMDb or TMDB id
does, else when exactly one film without an id of this source has its title and year. An import
fills what is empty and adds what is missing, where no editor has had a say (`history.edits`); it
takes nothing away and overwrites nothing, so that the same file again finds nothing to do.
"""

from dataclasses import dataclass

from sqlalchemy import text

from marquee_catalog.genres.names import GENRE_NAMES
from marquee_catalog.history.edits import filled, is_untouched, is_untranslated
from marquee_catalog.history.slugs import TABLES, choose_slugs
from marquee_catalog.imports.people import match_people
from marquee_catalog.imports.staging import Stage
from marquee_catalog.movies.counts import recount
from marquee_catalog.movies.events import tell_movies
from marquee_catalog.search.index import refresh_index
from marquee_shared.database import WriteSession

DUPLICATES = text(
    """
    DELETE FROM stage_films AS later USING (
        SELECT line, row_number() OVER (PARTITION BY number ORDER BY line) AS turn FROM stage_films
    ) AS seen
    WHERE seen.line = later.line AND seen.turn > 1
    RETURNING later.line, later.number
    """
)

_MATCH = (
    # The source's own id.
    text(
        """
        UPDATE stage_films AS s SET movie_id = e.movie_id, state = 'known'
        FROM external_ids AS e
        WHERE s.chunk = :chunk AND e.source = :source AND e.foreign_id = s.foreign_id
        """
    ),
    # An id at IMDb or TMDB that a film has which this source does not know yet.
    text(
        """
        WITH found AS (
            SELECT DISTINCT ON (e.movie_id) e.movie_id, s.number
            FROM stage_films AS s JOIN stage_links AS k USING (number)
            JOIN external_ids AS e ON (e.source, e.foreign_id) = (k.source, k.foreign_id)
            WHERE s.chunk = :chunk AND s.movie_id IS NULL AND NOT EXISTS (
                SELECT FROM external_ids AS o
                WHERE o.movie_id = e.movie_id AND o.source = :source)
            ORDER BY e.movie_id, s.line
        )
        UPDATE stage_films AS s SET movie_id = found.movie_id, state = 'joined'
        FROM found WHERE s.number = found.number
        """
    ),
    # Title and year, where they name one film only and no foreign id contradicts. The sum keeps
    # the planner from reading all films of a year for each.
    text(
        """
        WITH candidates AS (
            SELECT s.number, s.line, m.id AS movie_id,
                count(*) OVER (PARTITION BY s.number) AS films
            FROM stage_films AS s
            JOIN movies AS m ON m.title_keys && s.own_title_keys AND m.year + 0 = s.year
                AND m.deleted_at IS NULL
            WHERE s.chunk = :chunk AND s.movie_id IS NULL
              AND NOT EXISTS (SELECT FROM external_ids AS o
                              WHERE o.movie_id = m.id AND o.source = :source)
              AND NOT EXISTS (SELECT FROM stage_links AS k JOIN external_ids AS e
                              ON e.movie_id = m.id AND e.source = k.source
                              AND e.foreign_id <> k.foreign_id WHERE k.number = s.number)
        ), found AS (
            SELECT DISTINCT ON (movie_id) movie_id, number FROM candidates
            WHERE films = 1 ORDER BY movie_id, line
        )
        UPDATE stage_films AS s SET movie_id = found.movie_id, state = 'joined'
        FROM found WHERE s.number = found.number
        """
    ),
)

_NEW = text(
    "SELECT number, slug FROM stage_films WHERE chunk = :chunk AND movie_id IS NULL ORDER BY line"
)
_RENAME = text(
    "UPDATE stage_films AS s SET slug = new.slug "
    "FROM unnest(CAST(:numbers AS bigint[]), CAST(:slugs AS text[])) AS new (number, slug) "
    "WHERE s.number = new.number"
)

_SINGLE = ("original_title", "year", "release_date", "runtime", "synopsis", "tagline",
           "original_language", "age_rating", "cover_url")  # fmt: skip
_LISTS = ("alternative_titles", "languages", "countries")
_WORDS = ("folded_title", "title_words", "own_title_keys")
_COPIED = ("slug", "title", "status", *_SINGLE, *_LISTS, "popularity", *_WORDS)

_CREATE = text(
    f"""
    WITH created AS (
        INSERT INTO movies ({", ".join(_COPIED)})
        SELECT {", ".join(_COPIED)} FROM stage_films
        WHERE chunk = :chunk AND movie_id IS NULL ORDER BY line
        RETURNING id, slug
    )
    UPDATE stage_films AS s SET movie_id = created.id, state = 'created'
    FROM created WHERE s.slug = created.slug AND s.chunk = :chunk AND s.movie_id IS NULL
    RETURNING s.movie_id
    """  # noqa: S608 - our own column names
)

_LOCK = text(
    "SELECT id FROM movies WHERE id IN (SELECT movie_id FROM stage_films WHERE chunk = :chunk) "
    "ORDER BY id FOR UPDATE"
)

_FILL = text(
    "UPDATE movies AS m SET "  # noqa: S608 - our own column names
    + ", ".join(f"{name} = {filled('m', name, f's.{name}')}" for name in _SINGLE)
    + "".join(
        f", {name} = CASE WHEN m.{name} = '{{}}' AND {is_untouched('m', name)} "
        f"THEN s.{name} ELSE m.{name} END"
        for name in _LISTS
    )
    + ", popularity = greatest(m.popularity, s.popularity), title_words = ARRAY("
    "SELECT DISTINCT unnest(m.title_words || s.title_words) ORDER BY 1) "
    "FROM stage_films AS s WHERE s.chunk = :chunk AND s.state <> 'created' "
    "AND m.id = s.movie_id AND m.deleted_at IS NULL AND ("
    + " OR ".join(
        f"(m.{name} IS NULL AND s.{name} IS NOT NULL AND {is_untouched('m', name)})"
        for name in _SINGLE
    )
    + "".join(
        f" OR (m.{name} = '{{}}' AND s.{name} <> '{{}}' AND {is_untouched('m', name)})"
        for name in _LISTS
    )
    + " OR m.popularity < s.popularity) RETURNING m.id"
)

_STAGED = """
    FROM stage_films AS s JOIN movies AS m ON m.id = s.movie_id AND m.deleted_at IS NULL
"""

_NAMED = tuple(
    text(
        f"""
        INSERT INTO {table} (slug, name{more})
        SELECT DISTINCT ON (x.slug) x.slug, x.name{staged_more}
        {_STAGED} JOIN {stage} AS x USING (number)
        WHERE s.chunk = :chunk AND NOT EXISTS (SELECT FROM {table} AS t WHERE t.slug = x.slug)
        ORDER BY x.slug
        ON CONFLICT (slug) WHERE deleted_at IS NULL DO NOTHING
        """  # noqa: S608 - our own names
    )
    for table, stage, more, staged_more in (
        ("genres", "stage_genres", "", ""),
        ("tags", "stage_tags", ", words", ", x.words"),
        ("people", "stage_credits", ", folded_name, words", ", x.folded_name, x.words"),
        ("platforms", "stage_platforms", "", ""),
        ("awards", "stage_awards", "", ""),
    )
)
"""What films refer to, made where it is missing and was not deleted; in the order of slugs, so
none deadlock."""


_FOLLOW = tuple(
    text(
        f"""
        UPDATE {stage} AS x SET slug = t.slug
        FROM former_slugs AS f JOIN {TABLES[kind]} AS t ON t.id = f.target_id
        WHERE f.kind = '{kind}' AND f.slug = x.slug AND t.deleted_at IS NULL AND NOT EXISTS (
            SELECT FROM {TABLES[kind]} AS own WHERE own.slug = x.slug AND own.deleted_at IS NULL)
        """  # noqa: S608 - our own names
    )
    for kind, stage in (
        ("genre", "stage_genres"),
        ("tag", "stage_tags"),
        ("person", "stage_credits"),
        ("platform", "stage_platforms"),
        ("award", "stage_awards"),
    )
)
"""What was renamed or merged here goes by its name of now, whatever the file calls it."""


def _joined(stage: str, table: str, field: str) -> str:
    """Return what joins staged names with live things, of films whose `field` is no editor's."""
    return (
        f"{_STAGED} JOIN {stage} AS x USING (number) "
        f"JOIN {table} AS t ON t.slug = x.slug AND t.deleted_at IS NULL "
        f"WHERE s.chunk = :chunk AND {is_untouched('m', field)}"
    )


_LINKS = tuple(
    text(statement + " RETURNING movie_id")
    for statement in (
        (
            "INSERT INTO movie_genres (movie_id, genre_id, position) "
            f"SELECT m.id, t.id, min(x.position) {_joined('stage_genres', 'genres', 'genres')} "
            "GROUP BY 1, 2 ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO movie_tags AS old (movie_id, tag_id, count) "
            "SELECT m.id, t.id, greatest(count(DISTINCT x.member), max(x.given)) "
            f"{_joined('stage_tags', 'tags', 'tags')} "
            "GROUP BY 1, 2 ON CONFLICT (movie_id, tag_id) DO UPDATE SET count = excluded.count "
            "WHERE old.count < excluded.count"
        ),
        (
            "INSERT INTO movie_platforms (movie_id, platform_id, country) "
            "SELECT DISTINCT m.id, t.id, x.country "
            f"{_joined('stage_platforms', 'platforms', 'platforms')} "
            "ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO movie_awards (movie_id, award_id, category, year, won) "
            "SELECT DISTINCT m.id, t.id, x.category, x.year, x.won "
            f"{_joined('stage_awards', 'awards', 'awards')} ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO movie_translations AS old "
            "(movie_id, language, title, synopsis, title_key, title_words) "
            "SELECT m.id, x.language, x.title, x.synopsis, x.title_key, x.title_words "
            f"{_STAGED} JOIN stage_titles AS x USING (number) "
            f"WHERE s.chunk = :chunk AND {is_untranslated('m', 'x.language')} "
            "ON CONFLICT (movie_id, language) DO UPDATE SET "
            "title = coalesce(old.title, excluded.title), "
            "synopsis = coalesce(old.synopsis, excluded.synopsis), "
            "title_key = coalesce(old.title_key, excluded.title_key), title_words = "
            "CASE WHEN old.title IS NULL THEN excluded.title_words ELSE old.title_words END "
            "WHERE (old.title IS NULL AND excluded.title IS NOT NULL) "
            "OR (old.synopsis IS NULL AND excluded.synopsis IS NOT NULL)"
        ),
        (
            f"INSERT INTO external_ids (source, foreign_id, movie_id) "
            f"SELECT :source, s.foreign_id, m.id {_STAGED} "
            f"WHERE s.chunk = :chunk AND {is_untouched('m', 'external_ids')} "
            "ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO external_ids (source, foreign_id, movie_id) "
            f"SELECT DISTINCT ON (x.source, x.foreign_id) x.source, x.foreign_id, m.id {_STAGED} "
            "JOIN stage_links AS x USING (number) "
            f"WHERE s.chunk = :chunk AND {is_untouched('m', 'external_ids')} "
            "ORDER BY x.source, x.foreign_id, s.line ON CONFLICT DO NOTHING"
        ),
    )
)
"""What hangs on films, added where it is missing; each returns the films it changed."""

_CREDITS = text(
    "INSERT INTO credits (movie_id, person_id, job, character, position) "
    "SELECT m.id, t.id, x.job, x.character, min(x.position) "
    f"{_joined('stage_credits', 'people', 'credits')} "
    "GROUP BY 1, 2, 3, 4 ORDER BY 1, 3, 5 ON CONFLICT DO NOTHING RETURNING movie_id, person_id"
)

_BUMP = text("UPDATE movies SET revision = revision + 1, updated_at = now() WHERE id = ANY(:ids)")

_NOTE_CHANGED = text(
    "UPDATE stage_films SET state = 'changed' WHERE chunk = :chunk AND movie_id = ANY(:ids)"
)

ANALYZE = text(
    "ANALYZE movies, movie_translations, movie_genres, movie_tags, movie_platforms, movie_awards, "
    "credits, external_ids, genres, tags, platforms, awards, people"
)

_STATES = text("SELECT state, count(*) AS films FROM stage_films GROUP BY state")
_LAST_CHUNK = text("SELECT coalesce(max(chunk), -1) FROM stage_films")
_CHUNK_LINES = text("SELECT count(*) FROM stage_films WHERE chunk = :chunk")

_NAME_GENRES = text(
    """
    INSERT INTO genre_translations (genre_id, language, name)
    SELECT g.id, known.language, known.name
    FROM unnest(CAST(:slugs AS text[]), CAST(:languages AS text[]), CAST(:names AS text[]))
        AS known (slug, language, name)
    JOIN genres AS g ON g.slug = known.slug AND g.deleted_at IS NULL
    ON CONFLICT DO NOTHING
    """
)


@dataclass(slots=True)
class FilmCounts:
    """What became of the staged films."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.created + self.updated + self.unchanged


async def drop_duplicates(stage: Stage, file: str) -> None:
    """Keep the first of the films that share a number, and refuse the others."""
    async with stage.transaction() as session:
        for row in await session.execute(DUPLICATES):
            stage.reject(file, row.line, f"the id {row.number} was there before")
    await stage.write_rejections()


async def last_chunk(stage: Stage) -> int:
    """Return the number of the last staged chunk; -1 when no film was staged."""
    async with stage.transaction() as session:
        return int(await session.scalar(_LAST_CHUNK) or 0)


async def match_films(session: WriteSession, source: str, chunk: int) -> None:
    """Find which staged films we have already."""
    for statement in _MATCH:
        await session.execute(statement, {"chunk": chunk, "source": source})


async def count_states(session: WriteSession) -> dict[str, int]:
    """Return how many staged films are `new`, `known`, `joined` or `created` so far."""
    return {row.state: row.films for row in await session.execute(_STATES)}


async def _choose_slugs(session: WriteSession, chunk: int) -> None:
    """Give each new film a free slug: its own, or with the next free number."""
    new = {row.number: row.slug for row in await session.execute(_NEW, {"chunk": chunk})}
    chosen = await choose_slugs(session, "movie", new.items())
    renamed = {number: slug for number, slug in chosen.items() if slug != new[number]}
    if renamed:
        values = {"numbers": list(renamed), "slugs": list(renamed.values())}
        await session.execute(_RENAME, values)


async def bring_films(
    session: WriteSession,
    source: str,
    chunk: int,
    counts: FilmCounts,
    *,
    named: bool = True,
    analyze: bool = True,
) -> int:
    """Bring one chunk into the catalog and tell what changed; return how many films it had.

    Films keep the source's id of them where it is `named`. Afterwards the staged films are
    `created`, `changed`, or as they were found.
    """
    values = {"chunk": chunk, "source": source}
    of_chunk = {"chunk": chunk}
    await match_films(session, source, chunk)
    await _choose_slugs(session, chunk)
    created = set((await session.execute(_CREATE, of_chunk)).scalars())
    await session.execute(_LOCK, of_chunk)
    changed = set((await session.execute(_FILL, of_chunk)).scalars())
    if chunk == 0:
        for statement in _FOLLOW:
            await session.execute(statement)
    await match_people(session, source, chunk)
    for statement in _NAMED:
        await session.execute(statement, of_chunk)
    for statement in _LINKS:
        if ":source" in statement.text and not named:
            continue
        needed = values if ":source" in statement.text else of_chunk
        changed.update((await session.execute(statement, needed)).scalars())
    credited = (await session.execute(_CREDITS, of_chunk)).all()
    changed.update(row.movie_id for row in credited)
    changed -= created
    if chunk == 0 and analyze:
        await session.execute(ANALYZE)  # or the first import plans for empty tables
    if changed:
        await session.execute(_BUMP, {"ids": sorted(changed)})
        await session.execute(_NOTE_CHANGED, {"chunk": chunk, "ids": sorted(changed)})
    touched = sorted(created | changed)
    if touched:
        await recount(session, "person", sorted({row.person_id for row in credited}))
        await refresh_index(session, touched)
        await tell_movies(session, touched, created=created)
    total = int(await session.scalar(_CHUNK_LINES, of_chunk) or 0)
    counts.created += len(created)
    counts.updated += len(changed)
    counts.unchanged += total - len(created) - len(changed)
    return total


async def name_genres(session: WriteSession) -> None:
    """Add the names we know of genres in every language, where there is none."""
    known = [
        (slug, language, name)
        for slug, names in GENRE_NAMES.items()
        for language, name in names.items()
        if language != "en"
    ]
    slugs, languages, names = zip(*known, strict=True)
    await session.execute(
        _NAME_GENRES, {"slugs": list(slugs), "languages": list(languages), "names": list(names)}
    )
