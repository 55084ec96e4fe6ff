"""What films are found by, kept beside them: title keys, weighted words, the dictionary."""

from collections.abc import Sequence

from sqlalchemy import text

from marquee_catalog.search.words import deletions, telling_words
from marquee_shared.database import WriteSession

REFRESH = text(
    """
    WITH words AS (
        SELECT m.id, m.own_title_keys || ARRAY(
                SELECT DISTINCT title_key FROM movie_translations
                WHERE movie_id = m.id AND title_key IS NOT NULL
                  AND title_key <> ALL(m.own_title_keys)
            ) AS title_keys, coalesce((
                SELECT string_agg(word || chr(58) || '1' || weight, ' ') FROM (
                    SELECT unnest(m.title_words) AS word, 'A' AS weight
                    UNION ALL
                    SELECT unnest(title_words), 'A' FROM movie_translations WHERE movie_id = m.id
                    UNION ALL
                    SELECT unnest(p.words), 'B'
                    FROM credits AS c JOIN people AS p ON p.id = c.person_id
                    WHERE c.movie_id = m.id AND p.deleted_at IS NULL
                    UNION ALL
                    SELECT unnest(t.words || coalesce((
                        SELECT array_agg(w) FROM tag_translations AS tt, unnest(tt.words) AS w
                        WHERE tt.tag_id = t.id), '{}')), 'C'
                    FROM movie_tags AS mt JOIN tags AS t ON t.id = mt.tag_id
                    WHERE mt.movie_id = m.id AND t.deleted_at IS NULL
                ) AS found
            ), '')::tsvector AS words
        FROM movies AS m WHERE m.id = ANY(CAST(:ids AS bigint[]))
    )
    UPDATE movies AS m SET title_keys = words.title_keys, words = words.words,
        all_words = strip(words.words)
            || array_to_tsvector(coalesce(string_to_array(told.synopses, ' '), '{}'))
    FROM words
    JOIN unnest(CAST(:ids AS bigint[]), CAST(:synopses AS text[])) AS told (id, synopses)
        USING (id)
    WHERE m.id = words.id
    """
)

SYNOPSES = text(
    """
    SELECT id, synopsis FROM movies WHERE id = ANY(CAST(:ids AS bigint[]))
    UNION ALL
    SELECT movie_id, synopsis FROM movie_translations
    WHERE movie_id = ANY(CAST(:ids AS bigint[])) AND synopsis IS NOT NULL
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
    synopses: dict[int, list[str | None]] = {id_: [] for id_ in ids}
    for row in await session.execute(SYNOPSES, {"ids": ids}):
        synopses[row.id].append(row.synopsis)
    told = [" ".join(telling_words(*texts)) or None for texts in synopses.values()]
    await session.execute(REFRESH, {"ids": list(synopses), "synopses": told})
    new = list((await session.execute(UNKNOWN, {"ids": ids})).scalars())
    if new:
        await session.execute(
            LEARN, {"words": new, "joined": [" ".join(deletions(word)) for word in new]}
        )
