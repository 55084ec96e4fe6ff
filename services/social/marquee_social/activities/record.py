"""Recording what members did where it happens: in the database, whoever writes.

Like `sync.capture`, with what a feed goes by: when it was done, and that it is taken back once
there is nothing to show any more.
"""

from marquee_social.sync.capture import statement_triggers

FUNCTION = """
    CREATE FUNCTION note_activities() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        thing text := format(
            'SELECT %s AS owner, %s AS id, movie_id, %s AS at, %s AS looks FROM ',
            TG_ARGV[1], TG_ARGV[2], TG_ARGV[3], TG_ARGV[4]);
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            EXECUTE format(
                'DELETE FROM activities AS x USING (%s before) AS b '
                'WHERE x.user_id = b.owner AND x.kind = %L AND x.id = b.id',
                thing, TG_ARGV[0]
            ) || CASE TG_OP WHEN 'UPDATE' THEN format(
                ' AND EXISTS (SELECT FROM (%s after) AS a '
                'WHERE a.owner = b.owner AND a.id = b.id AND a.looks IS NULL)', thing
            ) ELSE '' END;
        END IF;
        IF TG_OP <> 'DELETE' THEN
            EXECUTE format(
                'INSERT INTO activities AS x (user_id, kind, id, movie_id, at) '
                'SELECT owner, %L, id, movie_id, at FROM (%s after) AS a '
                'WHERE looks IS NOT NULL AND owner IS NOT NULL '
                'AND uuid_extract_version(owner) IS DISTINCT FROM 5 ',
                TG_ARGV[0], thing
            ) || CASE TG_OP WHEN 'UPDATE' THEN format(
                'AND NOT EXISTS (SELECT FROM (%s before) AS b '
                'WHERE b.owner = a.owner AND b.id = a.id AND b.looks = a.looks) ', thing
            ) ELSE '' END
            || 'ON CONFLICT (user_id, kind, id) DO UPDATE SET at = excluded.at';
        END IF;
        RETURN NULL;
    END
    $$
"""
"""Takes the kind, and the SQL of a row's owner, id, time and looks."""


def record(kind: str, table: str, key: str, at: str, looks: str) -> list[str]:
    """Return the SQL that records a table's rows as activities, and those it holds now.

    The table has `user_id` and `movie_id`; the rest are expressions over its columns. A change of
    `looks` moves the activity to `at`; NULL takes it back.
    """
    held = (
        "INSERT INTO activities (user_id, kind, id, movie_id, at) "  # noqa: S608 - constants
        f"SELECT user_id, '{kind}', {key}, movie_id, {at} FROM {table} "
        f"WHERE ({looks}) IS NOT NULL AND user_id IS NOT NULL "
        "AND uuid_extract_version(user_id) IS DISTINCT FROM 5"
    )
    arguments = (kind, "user_id", key, at, looks)
    return [
        *statement_triggers(f"activity_{kind}", table, "note_activities", *arguments),
        held,
    ]


_DUE = """
    WITH held AS (
        SELECT l.user_id, l.id::text AS id, l.kind, l.created_at, latest.movie_id, latest.added_at
        FROM lists l LEFT JOIN LATERAL (
            SELECT movie_id, added_at FROM list_movies WHERE list_id = l.id
            ORDER BY added_at DESC, movie_id DESC LIMIT 1
        ) AS latest ON true
        WHERE l.id = ANY(written) AND l.deleted_at IS NULL AND l.privacy <> 'private'
    ), due AS (
        SELECT user_id, 'list' AS kind, id, NULL::bigint AS movie_id, created_at AS at
        FROM held WHERE kind = 'list'
        UNION ALL
        SELECT user_id, 'listed', id, movie_id, added_at FROM held WHERE movie_id IS NOT NULL
    )
"""

LISTS = f"""
    CREATE FUNCTION note_list_activities() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        written bigint[];
    BEGIN
        EXECUTE format(
            'SELECT array_agg(DISTINCT list) FROM ('
            || CASE TG_OP
                WHEN 'INSERT' THEN 'SELECT %1$s FROM after'
                WHEN 'DELETE' THEN 'SELECT %1$s FROM before'
                ELSE 'SELECT %1$s FROM after EXCEPT SELECT %1$s FROM before'
            END || ') AS x (list, one, other)', TG_ARGV[0]
        ) INTO written;
        {_DUE}
        DELETE FROM activities x USING lists l
        WHERE l.id = ANY(written) AND x.user_id = l.user_id AND x.id = l.id::text
            AND x.kind IN ('list', 'listed')
            AND NOT EXISTS (SELECT FROM due WHERE due.kind = x.kind AND due.id = x.id);
        {_DUE}
        INSERT INTO activities AS x (user_id, kind, id, movie_id, at)
        SELECT user_id, kind, id, movie_id, at FROM due ORDER BY kind, id
        ON CONFLICT (user_id, kind, id) DO UPDATE SET at = excluded.at, movie_id = excluded.movie_id
        WHERE (x.at, x.movie_id) IS DISTINCT FROM (excluded.at, excluded.movie_id);
        RETURN NULL;
    END
    $$
"""  # noqa: S608 - constants
"""Takes the SQL of three columns: which list, and two that matter here.

A list has one row for its making and one for the film that was put there last, so that a list
filled with a hundred films takes two places in a feed. What is private is not recorded.
"""


def record_lists() -> list[str]:
    """Return the SQL that records lists as activities, and those held now."""
    function = "note_list_activities"
    return [
        *statement_triggers("activity_lists", "lists", function, "id, privacy, deleted_at"),
        *statement_triggers(
            "activity_list_movies", "list_movies", function, "list_id, movie_id, added_at"
        ),
        _DUE.replace("ANY(written)", "ANY(ARRAY(SELECT id FROM lists))")  # noqa: S608 - constants
        + "INSERT INTO activities (user_id, kind, id, movie_id, at) "
        "SELECT user_id, kind, id, movie_id, at FROM due",
    ]
