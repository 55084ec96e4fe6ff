"""Recording changes where they happen: in the database, whoever writes.

A statement-level trigger notes, once per statement, whose things were written that do not look
as before, and by which transaction. What looks the same to its owner (a row that somebody else's
act has touched) is not noted, so that nobody learns of it. Members of imported data sets (their
ids are UUIDv5) never sign in and are left out: a data set of millions of ratings costs nothing.
"""

FUNCTION = """
    CREATE FUNCTION note_member_changes() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        thing text := format('SELECT %s AS owner, %s AS id, %s AS looks FROM ',
            TG_ARGV[1], TG_ARGV[2], TG_ARGV[3]);
        things text := CASE TG_OP
            WHEN 'UPDATE' THEN format(
                '(%1$s after) AS a JOIN (%1$s before) AS b USING (owner, id) '
                'WHERE a.looks IS DISTINCT FROM b.looks', thing)
            WHEN 'INSERT' THEN format('(%s after) AS a WHERE looks IS NOT NULL', thing)
            ELSE format('(%s before) AS b WHERE looks IS NOT NULL', thing)
        END;
    BEGIN
        EXECUTE format(
            'INSERT INTO member_changes AS c (user_id, type, id, xid, at) '
            'SELECT owner, %L, id, pg_current_xact_id(), now() FROM %s '
            'AND owner IS NOT NULL AND uuid_extract_version(owner) IS DISTINCT FROM 5 '
            'ON CONFLICT (user_id, type, id) DO UPDATE SET xid = excluded.xid, at = excluded.at',
            TG_ARGV[0], things
        );
        RETURN NULL;
    END
    $$
"""
"""Takes the type, and the SQL of a row's owner, id and looks."""

TABLES = {
    "INSERT": "NEW TABLE AS after",
    "UPDATE": "OLD TABLE AS before NEW TABLE AS after",
    "DELETE": "OLD TABLE AS before",
}


def statement_triggers(name: str, table: str, function: str, *arguments: str) -> list[str]:
    """Return the SQL of triggers that call a function once per writing statement."""
    quoted = ", ".join(f"$${argument}$$" for argument in arguments)
    return [
        f"CREATE TRIGGER {name}_{event.lower()} AFTER {event} ON {table} "
        f"REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {function}({quoted})"
        for event, tables in TABLES.items()
    ]


def capture(table: str, kind: str, owner: str, key: str, looks: str) -> list[str]:
    """Return the SQL that records a table's changes from now on, and what it holds now.

    The last three are expressions over its columns: whose a row is, its id (text; with the owner
    it names one row), and what its owner sees of it, NULL where there is nothing to see.
    """
    held = (
        "INSERT INTO member_changes (user_id, type, id, xid, at) "  # noqa: S608 - constants
        f"SELECT {owner}, '{kind}', {key}, pg_current_xact_id(), now() FROM {table} "
        f"WHERE ({looks}) IS NOT NULL AND {owner} IS NOT NULL "
        f"AND uuid_extract_version({owner}) IS DISTINCT FROM 5"
    )
    name = f"sync_{kind}_{owner}"
    return [
        *statement_triggers(name, table, "note_member_changes", kind, owner, key, looks),
        held,
    ]
