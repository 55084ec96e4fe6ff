"""What films are found by, kept beside them: title keys, weighted words, the dictionary."""

from collections.abc import Sequence

from sqlalchemy import text

from marquee_catalog.search.words import deletions
from marquee_shared.database import WriteSession

REFRESH = text(
    """
    UPDATE movies AS m SET
        title_keys = m.own_title_keys || ARRAY(
            SELECT DISTINCT title_key FROM movie_translations
            WHERE movie_id = m.id AND title_key IS NOT NULL AND title_key <> ALL(m.own_title_keys)
        ),
        words = coalesce((
            SELECT string_agg(word || chr(58) || '1' || weight, ' ') FROM (
                SELECT unnest(m.title_words) AS word, 'A' AS weight
                UNION ALL
                SELECT unnest(title_words), 'A' FROM movie_translations WHERE movie_id = m.id
                UNION ALL
                SELECT unnest(p.words), 'B' FROM credits AS c JOIN people AS p ON p.id = c.person_id
                WHERE c.movie_id = m.id AND p.deleted_at IS NULL
                UNION ALL
                SELECT unnest(t.words), 'C' FROM movie_tags AS mt JOIN tags AS t ON t.id = mt.tag_id
                WHERE mt.movie_id = m.id AND t.deleted_at IS NULL
            ) AS found
        ), '')::tsvector
    WHERE m.id = ANY(CAST(:ids AS bigint[]))
    """
)

UNKNOWN = text(
    """
    SELECT DISTINCT lexeme FROM movies AS m, unnest(tsvector_to_array(m.words)) AS lexeme
    WHERE m.id = ANY(CAST(:ids AS bigint[]))
      AND NOT EXISTS (SELECT FROM dictionary WHERE word = lexeme)
    """
)

LEARN = text(
    """
    INSERT INTO dictionary (word, deletions)
    SELECT word, string_to_array(joined, ' ')
    FROM unnest(CAST(:words AS text[]), CAST(:joined AS text[])) AS new (word, joined)
    ORDER BY word
    ON CONFLICT DO NOTHING
    """
)


async def refresh_index(session: WriteSession, movie_ids: Sequence[int]) -> None:
    """Bring the search columns of these films, and the dictionary, up to what they say now."""
    ids = list(movie_ids)
    await session.execute(REFRESH, {"ids": ids})
    new = list((await session.execute(UNKNOWN, {"ids": ids})).scalars())
    if new:
        await session.execute(
            LEARN, {"words": new, "joined": [" ".join(deletions(word)) for word in new]}
        )
