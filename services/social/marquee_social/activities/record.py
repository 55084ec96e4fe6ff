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
