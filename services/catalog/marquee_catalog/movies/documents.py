"""The SQL that makes finished JSON of films: summaries, details, events' data.

One statement gives one whole answer: reads never come back for more.
"""

DRAWN_COVER = "'/v1/movies/' || m.slug || '/placeholder.svg'"
"""Address of the cover that is drawn for a film without a picture."""

COVER_URL = f"coalesce(mt.cover_url, m.cover_url, {DRAWN_COVER})"
"""A film's cover in the language; wants what `SUMMARY` wants."""

SUMMARY = f"""
    m.id, m.slug, coalesce(mt.title, m.title) AS title, m.year,
    {COVER_URL} AS cover_url,
    coalesce((
        SELECT json_agg(json_build_object('id', g.id, 'slug', g.slug,
                                          'name', coalesce(gt.name, g.name))
                        ORDER BY mg.position, g.name)
        FROM movie_genres AS mg
        JOIN genres AS g ON g.id = mg.genre_id AND g.deleted_at IS NULL
        LEFT JOIN genre_translations AS gt ON gt.genre_id = g.id AND gt.language = :language
        WHERE mg.movie_id = m.id
    ), '[]') AS genres
"""  # noqa: S608 - composed of constants
"""Columns of a summary; wants `movies AS m` joined with `TRANSLATION`."""

TRANSLATION = """
    LEFT JOIN movie_translations AS mt ON mt.movie_id = m.id AND mt.language = :language
"""


def moment(column: str) -> str:
    """Return the SQL of a timestamp as RFC 3339 in UTC, whatever the session's zone."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


TOP_CAST = 10

_CREDITS = """
    SELECT json_agg(json_build_object(
        'person', json_build_object('id', p.id, 'slug', p.slug, 'name', p.name),
        'job', c.job, 'character', nullif(c.character, ''), 'order', c.position
    ) ORDER BY CASE c.job WHEN 'director' THEN 0 WHEN 'writer' THEN 1 ELSE 2 END, c.position, c.id)
    FROM credits AS c JOIN people AS p ON p.id = c.person_id AND p.deleted_at IS NULL
    WHERE c.movie_id = m.id
"""

_TRANSLATIONS = """
    SELECT json_object_agg(t.language, json_build_object(
        'title', t.title, 'synopsis', t.synopsis, 'cover_url', t.cover_url))
    FROM movie_translations AS t WHERE t.movie_id = m.id
"""

INCLUDES = {
    "credits": f"coalesce(({_CREDITS}), '[]') AS credits",
    "translations": f"coalesce(({_TRANSLATIONS}), '{{}}') AS translations",
}

_DETAIL = f"""
    {SUMMARY},
    m.original_title, m.release_date, m.status, coalesce(mt.synopsis, m.synopsis) AS synopsis,
    m.tagline, m.runtime, m.original_language, m.languages, m.countries, m.age_rating,
    m.popularity,
    coalesce((
        SELECT json_agg(json_build_object('id', p.id, 'slug', p.slug, 'name', p.name,
                                          'country', mp.country)
                        ORDER BY p.name, mp.country)
        FROM movie_platforms AS mp
        JOIN platforms AS p ON p.id = mp.platform_id AND p.deleted_at IS NULL
        WHERE mp.movie_id = m.id
    ), '[]') AS platforms,
    coalesce((
        SELECT json_agg(json_build_object('id', a.id, 'slug', a.slug, 'name', a.name,
                                          'category', ma.category, 'year', ma.year, 'won', ma.won)
                        ORDER BY ma.won DESC, ma.year, a.name, ma.category)
        FROM movie_awards AS ma JOIN awards AS a ON a.id = ma.award_id AND a.deleted_at IS NULL
        WHERE ma.movie_id = m.id
    ), '[]') AS awards,
    coalesce((
        SELECT json_agg(json_build_object('id', t.id, 'slug', t.slug,
                                          'name', coalesce(tt.name, t.name), 'count', g.count)
                        ORDER BY g.count DESC, t.name)
        FROM movie_tags AS g JOIN tags AS t ON t.id = g.tag_id AND t.deleted_at IS NULL
        LEFT JOIN tag_translations AS tt ON tt.tag_id = t.id AND tt.language = :language
        WHERE g.movie_id = m.id
    ), '[]') AS tags,
    people.directors, people.top_cast AS "cast",
    json_build_object('average', m.rating_average, 'count', m.rating_count) AS rating,
    (
        SELECT json_build_object(
            'imdb', min(e.foreign_id) FILTER (WHERE e.source = 'imdb'),
            'tmdb', min(e.foreign_id) FILTER (WHERE e.source = 'tmdb'),
            'movielens', min(e.foreign_id) FILTER (WHERE e.source = 'movielens'))
        FROM external_ids AS e WHERE e.movie_id = m.id
    ) AS external_ids,
    {moment("m.created_at")} AS created_at, {moment("m.updated_at")} AS updated_at
"""  # noqa: S608 - composed of constants

_PEOPLE = f"""
    CROSS JOIN LATERAL (
        SELECT
            coalesce(json_agg(json_build_object('id', p.id, 'slug', p.slug, 'name', p.name)
                              ORDER BY c.position, c.id)
                     FILTER (WHERE c.job = 'director'), '[]') AS directors,
            coalesce(json_agg(json_build_object('id', p.id, 'slug', p.slug, 'name', p.name,
                                                'character', nullif(c.character, ''),
                                                'order', c.position)
                              ORDER BY c.position, c.id)
                     FILTER (WHERE c.job = 'actor' AND c.billing <= {TOP_CAST}), '[]') AS top_cast
        FROM (
            SELECT *, row_number() OVER (PARTITION BY job ORDER BY position, id) AS billing
            FROM credits WHERE movie_id = m.id AND job <> 'writer'
        ) AS c
        JOIN people AS p ON p.id = c.person_id AND p.deleted_at IS NULL
    ) AS people
"""  # noqa: S608 - composed of constants


def detail(condition: str, *, include: tuple[str, ...] = ()) -> str:
    """Return the statement that reads films in full: `id, slug, revision, body` (JSON text)."""
    extra = "".join(f", {INCLUDES[name]}" for name in include)
    return f"""
        SELECT m.id, m.slug, m.revision, (
            SELECT row_to_json(film) FROM (SELECT {_DETAIL}{extra}) AS film
        )::text AS body
        FROM movies AS m {TRANSLATION} {_PEOPLE}
        WHERE m.deleted_at IS NULL AND {condition}
    """  # noqa: S608 - composed of constants


def snapshot() -> str:
    """Return the statement that reads one film, live or not, as the audit trail compares it."""
    return f"""
        SELECT (SELECT row_to_json(film) FROM (
            SELECT {_DETAIL}, {INCLUDES["credits"]}, {INCLUDES["translations"]}
        ) AS film)::text
        FROM movies AS m {TRANSLATION} {_PEOPLE} WHERE m.id = :id
    """  # noqa: S608 - composed of constants


EVENT_DATA = f"""
    SELECT m.id, m.revision, (
        SELECT row_to_json(film) FROM (
            SELECT m.id, m.slug, m.title, m.original_title, m.year, m.release_date, m.status,
                m.runtime, m.synopsis, coalesce(m.cover_url, {DRAWN_COVER}) AS cover_url,
                m.popularity, m.languages, m.countries,
                coalesce((
                    SELECT json_agg(json_build_object('id', g.id, 'slug', g.slug, 'name', g.name)
                                    ORDER BY mg.position, g.name)
                    FROM movie_genres AS mg
                    JOIN genres AS g ON g.id = mg.genre_id AND g.deleted_at IS NULL
                    WHERE mg.movie_id = m.id
                ), '[]') AS genres,
                coalesce((
                    SELECT json_agg(json_build_object('id', t.id, 'slug', t.slug, 'name', t.name,
                                                      'count', mt.count)
                                    ORDER BY mt.count DESC, t.name)
                    FROM movie_tags AS mt JOIN tags AS t ON t.id = mt.tag_id
                        AND t.deleted_at IS NULL
                    WHERE mt.movie_id = m.id
                ), '[]') AS tags,
                coalesce((
                    SELECT json_agg(json_build_object('id', p.id, 'slug', p.slug, 'name', p.name,
                                                      'job', c.job, 'order', c.position)
                                    ORDER BY c.job, c.position, c.id)
                    FROM credits AS c JOIN people AS p ON p.id = c.person_id
                        AND p.deleted_at IS NULL
                    WHERE c.movie_id = m.id
                ), '[]') AS credits,
                coalesce((
                    SELECT json_agg(platform ORDER BY platform ->> 'name') FROM (
                        SELECT DISTINCT jsonb_build_object('id', p.id, 'slug', p.slug,
                                                           'name', p.name) AS platform
                        FROM movie_platforms AS mp JOIN platforms AS p ON p.id = mp.platform_id
                            AND p.deleted_at IS NULL
                        WHERE mp.movie_id = m.id
                    ) AS platforms
                ), '[]') AS platforms,
                (
                    SELECT count(*) FROM movie_awards AS ma JOIN awards AS a ON a.id = ma.award_id
                        AND a.deleted_at IS NULL
                    WHERE ma.movie_id = m.id AND ma.won
                ) AS awards_won,
                coalesce((
                    SELECT json_object_agg(language, title) FROM movie_translations
                    WHERE movie_id = m.id AND title IS NOT NULL
                ), '{{}}') AS titles
        ) AS film
    )::text AS body
    FROM movies AS m
    WHERE m.id = ANY(CAST(:ids AS bigint[])) AND m.deleted_at IS NULL
    ORDER BY m.id
"""  # noqa: S608 - composed of constants
