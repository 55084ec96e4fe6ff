"""The SQL of channels: every read is one statement that checks the whole chain."""

from marquee_catalog.movies.documents import moment

WALK = """
    WITH RECURSIVE walk (id, depth) AS (
        SELECT c.id, 1 FROM channels AS c
        WHERE c.parent_id IS NULL AND c.slug = (CAST(:slugs AS text[]))[1]
          AND (c.active OR CAST(:hidden AS boolean))
        UNION ALL
        SELECT c.id, walk.depth + 1 FROM walk JOIN channels AS c
            ON c.parent_id = walk.id AND c.slug = (CAST(:slugs AS text[]))[walk.depth + 1]
        WHERE c.active OR CAST(:hidden AS boolean)
    )
"""
"""Goes down the path of `:slugs`, slug by slug; an inactive one ends it unless `:hidden`."""


def _groups(source: str, channel: str) -> str:
    return f"""
        coalesce((
            SELECT json_agg(json_build_object('slug', g.slug, 'title', g.title) ORDER BY g.slug)
            FROM {source} AS s JOIN groups AS g ON g.id = s.group_id
            WHERE s.channel_id = {channel}.id
        ), '[]')
    """  # noqa: S608 - our own names


def _summary(channel: str, path: str) -> str:
    return f"""
        'id', {channel}.id, 'slug', {channel}.slug, 'title', {channel}.title, 'path', {path},
        'groups', {_groups("channel_group_sources", channel)}, 'active', {channel}.active,
        'language', {channel}.language, 'picture_url', {channel}.picture_url
    """


def _content(content: str, path: str) -> str:
    return f"""
        'id', {content}.id, 'slug', {content}.slug, 'title', {content}.title, 'path', {path},
        'file_url', {content}.file_url, 'metadata', {content}.metadata,
        'rating', {content}.rating, 'active', {content}.active
    """


def _clocks(thing: str) -> str:
    return f"""
        'created_at', {moment(f"{thing}.created_at")}, 'updated_at', {moment(f"{thing}.updated_at")}
    """


_PATH = "array_to_string(CAST(:slugs AS text[]), '/')"
_ABOVE = "nullif(array_to_string(trim_array(CAST(:slugs AS text[]), 1), '/'), '')"
_DEPTH = "cardinality(CAST(:slugs AS text[]))"

IN_GROUP = """
    (CAST(:groups AS text[]) IS NULL OR EXISTS (
        SELECT FROM channel_group_sources AS s JOIN groups AS g ON g.id = s.group_id
        WHERE s.channel_id = c.id AND g.slug = ANY(CAST(:groups AS text[]))))
"""

AT_PATH = f"""
    {WALK}
    SELECT c.id, 'channel' AS type, c.revision, json_build_object(
        'type', 'channel', {_summary("c", _PATH)}, 'parent', {_ABOVE},
        'own_groups', {_groups("channel_groups", "c")},
        'children', coalesce((
            SELECT json_agg(json_build_object({_summary("c", f"{_PATH} || '/' || c.slug")})
                            ORDER BY c.slug)
            FROM channels AS c
            WHERE c.parent_id = walk.id AND (c.active OR CAST(:hidden AS boolean)) AND {IN_GROUP}
        ), '[]'),
        'contents', coalesce((
            SELECT json_agg(json_build_object({_content("x", f"{_PATH} || '/' || x.slug")})
                            ORDER BY x.slug)
            FROM contents AS x
            WHERE x.channel_id = walk.id AND (x.active OR CAST(:hidden AS boolean))
        ), '[]'),
        {_clocks("c")}
    )::text AS body
    FROM walk JOIN channels AS c USING (id) WHERE walk.depth = {_DEPTH}
    UNION ALL
    SELECT x.id, 'content', x.revision, json_build_object(
        'type', 'content', {_content("x", _PATH)}, 'channel', {_ABOVE}, {_clocks("x")}
    )::text
    FROM walk JOIN contents AS x
        ON x.channel_id = walk.id AND x.slug = (CAST(:slugs AS text[]))[walk.depth + 1]
    WHERE walk.depth = {_DEPTH} - 1 AND (x.active OR CAST(:hidden AS boolean))
"""  # noqa: S608 - our own fragments
"""The channel or content at a path, as `id`, `type`, `revision`, `body`: at most one row, since
a channel holds either channels or contents."""

_CHILDREN_OF = f"""
    FROM channels AS c
    WHERE {{parent}} AND (c.active OR CAST(:hidden AS boolean)) AND {IN_GROUP}
"""
_ROOTS = _CHILDREN_OF.format(parent="c.parent_id IS NULL")
_BELOW = _CHILDREN_OF.format(
    parent=f"c.parent_id = (SELECT id FROM walk WHERE walk.depth = {_DEPTH})"  # noqa: S608
)
_PAGE_END = """
    AND (CAST(:after AS text) IS NULL OR c.slug > :after)
    ORDER BY c.slug OFFSET :offset LIMIT :limit
"""

LIST_ROOTS = f"""
    SELECT c.slug, json_build_object({_summary("c", "c.slug")})::text AS body {_ROOTS} {_PAGE_END}
"""
LIST_BELOW = f"""
    {WALK} SELECT c.slug, json_build_object({_summary("c", f"{_PATH} || '/' || c.slug")})::text
    AS body {_BELOW} {_PAGE_END}
"""
COUNT_ROOTS = f"SELECT count(*) {_ROOTS}"
COUNT_BELOW = f"{WALK} SELECT count(*) {_BELOW}"

NODES = f"""
    {WALK}
    SELECT walk.id, walk.depth,
        EXISTS (SELECT FROM channels AS c WHERE c.parent_id = walk.id) AS has_channels,
        EXISTS (SELECT FROM contents AS x WHERE x.channel_id = walk.id) AS has_contents
    FROM walk ORDER BY walk.depth
"""  # noqa: S608 - our own fragments
"""Every channel on the way down a path, as far as there is one."""

SUBTREE = """
    WITH RECURSIVE below (id) AS (
        SELECT CAST(:id AS bigint)
        UNION ALL
        SELECT c.id FROM below JOIN channels AS c ON c.parent_id = below.id
    )
"""
