"""Whose credit it is, where a source has ids of people: homonyms stay apart.

A person with the source's id is that person, whatever they are called. One without an id of
this source is taken for the one of their name: who shares a film with them goes before others,
and one id only gets them. Everyone else is new, `chris-evans-2` beside `chris-evans`. Someone who
was deleted is not made anew.
"""

from sqlalchemy import text

from marquee_catalog.history.slugs import choose_slugs
from marquee_shared.database import WriteSession

_HAS_IDS = text(
    "SELECT EXISTS (SELECT FROM stage_credits AS x JOIN stage_films AS s USING (number) "
    "WHERE s.chunk = :chunk AND x.foreign_id IS NOT NULL)"
)
_KNOWN = text(
    """
    UPDATE stage_credits AS x SET person_id = p.id, slug = p.slug
    FROM stage_films AS s, person_external_ids AS e, people AS p
    WHERE s.number = x.number AND s.chunk = :chunk AND x.person_id IS NULL
      AND e.source = :source AND e.foreign_id = x.foreign_id AND p.id = e.person_id
    """
)
_ADOPT = text(
    """
    WITH wanted AS (
        SELECT x.foreign_id, x.slug, min(s.line) AS line, array_agg(s.movie_id) AS films
        FROM stage_credits AS x JOIN stage_films AS s USING (number)
        WHERE s.chunk = :chunk AND x.foreign_id IS NOT NULL AND x.person_id IS NULL
        GROUP BY x.foreign_id, x.slug
    ), pairs AS (
        SELECT w.foreign_id, p.id AS person_id, w.line, p.deleted_at IS NULL AS live,
            EXISTS (SELECT FROM credits AS c
                    WHERE c.person_id = p.id AND c.movie_id = ANY(w.films)) AS shares_a_film
        FROM wanted AS w JOIN people AS p ON p.slug = w.slug AND p.merged_into IS NULL
        WHERE NOT EXISTS (SELECT FROM person_external_ids AS e
                          WHERE e.person_id = p.id AND e.source = :source)
    ), ranked AS (
        SELECT foreign_id, person_id, row_number() OVER (
                PARTITION BY person_id ORDER BY shares_a_film DESC, line, foreign_id) AS turn,
            row_number() OVER (
                PARTITION BY foreign_id ORDER BY live DESC, shares_a_film DESC, person_id) AS choice
        FROM pairs
    )
    INSERT INTO person_external_ids (source, foreign_id, person_id)
    SELECT :source, foreign_id, person_id FROM ranked WHERE turn = 1 AND choice = 1
    ON CONFLICT DO NOTHING
    """
)
_NEW = text(
    """
    SELECT DISTINCT ON (x.foreign_id) x.foreign_id, x.slug
    FROM stage_credits AS x JOIN stage_films AS s USING (number)
    WHERE s.chunk = :chunk AND x.foreign_id IS NOT NULL AND x.person_id IS NULL
    ORDER BY x.foreign_id, s.line, x.position
    """
)
_CREATE = text(
    """
    WITH new AS (
        SELECT * FROM unnest(CAST(:foreign_ids AS text[]), CAST(:slugs AS text[]))
            AS n (foreign_id, slug)
    ), named AS (
        SELECT DISTINCT ON (n.foreign_id) n.foreign_id, n.slug, x.name, x.folded_name, x.words
        FROM new AS n JOIN stage_credits AS x USING (foreign_id)
        ORDER BY n.foreign_id, x.number, x.position
    ), created AS (
        INSERT INTO people (slug, name, folded_name, words)
        SELECT slug, name, folded_name, words FROM named ORDER BY slug
        RETURNING id, slug
    )
    INSERT INTO person_external_ids (source, foreign_id, person_id)
    SELECT :source, n.foreign_id, created.id FROM created JOIN new AS n USING (slug)
    """
)
_LEAVE_OUT_THE_DELETED = text(
    "DELETE FROM stage_credits AS x USING people AS p "
    "WHERE p.id = x.person_id AND p.deleted_at IS NOT NULL"
)


async def match_people(session: WriteSession, source: str, chunk: int) -> None:
    """Give each staged credit with a foreign id the slug of its very person, made if need be."""
    of_chunk = {"chunk": chunk}
    if not await session.scalar(_HAS_IDS, of_chunk):
        return
    values = {"chunk": chunk, "source": source}
    await session.execute(_KNOWN, values)
    await session.execute(_ADOPT, values)
    await session.execute(_KNOWN, values)
    new = [(row.foreign_id, row.slug) for row in await session.execute(_NEW, of_chunk)]
    if new:
        slugs = await choose_slugs(session, "person", new)
        created = {"source": source, "foreign_ids": list(slugs), "slugs": list(slugs.values())}
        await session.execute(_CREATE, created)
        await session.execute(_KNOWN, values)
    await session.execute(_LEAVE_OUT_THE_DELETED)
