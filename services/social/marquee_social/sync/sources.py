"""What a member's client can keep in step, and how each thing looks now.

A new type is a line here and `capture` on its table in a migration.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import TextClause, text

MOVIE = """jsonb_build_object('id', m.id, 'slug', m.slug, 'title', m.title, 'year', m.year,
    'cover_url', m.cover_url, 'genres', m.genres) AS movie"""

USER = """jsonb_build_object('id', u.id, 'username', u.username, 'name', u.name,
    'avatar_url', u.avatar_url) AS user"""
NUMBERS = "SELECT CAST(k AS bigint) FROM unnest(CAST(:ids AS text[])) AS k"
IDS = "SELECT CAST(k AS uuid) FROM unnest(CAST(:ids AS text[])) AS k"
OTHERS = f"""(
        SELECT *, high_id AS other FROM relationships
        WHERE low_id = :user_id AND high_id IN ({IDS})
        UNION ALL
        SELECT *, low_id FROM relationships WHERE high_id = :user_id AND low_id IN ({IDS})
    ) AS r JOIN users u ON u.id = r.other"""  # noqa: S608 - constants
"""Who stands in a relationship to the member, of those asked about."""


def _of_movies(table: str, columns: str, condition: str = "true") -> TextClause:
    return text(
        f"""
        SELECT CAST(t.movie_id AS text) AS id, {MOVIE}, {columns}
        FROM {table} t JOIN movies m ON m.id = t.movie_id
        WHERE t.user_id = :user_id AND {condition}
            AND t.movie_id IN ({NUMBERS})
        """  # noqa: S608 - constants
    )


SOURCES: Final[Mapping[str, TextClause]] = {
    "rating": _of_movies(
        "ratings",
        "half_steps / 2.0::float8 AS value, t.created_at, t.rated_at AS updated_at",
        "half_steps IS NOT NULL",
    ),
    "signal": _of_movies(
        "signals", "kind, t.created_at, t.signalled_at AS updated_at", "kind IS NOT NULL"
    ),
    "watch": _of_movies(
        "watched_movies",
        "t.milliseconds / 1000.0::float8 AS seconds_watched, "
        "t.coverage / 1000.0::float8 AS coverage_seconds, "
        "t.last_position / 1000.0::float8 AS last_position, "
        "t.completed_at IS NOT NULL AS completed, t.last_at AS last_watched_at",
    ),
    "friendship": text(
        f"""
        SELECT CAST(u.id AS text) AS id, {USER}, friendship_at AS at,
            CASE WHEN friendship = 'friends' THEN 'friends'
                WHEN (friendship = 'low_asked') = (low_id = :user_id) THEN 'requested'
                ELSE 'requested_you' END AS state
        FROM {OTHERS} WHERE friendship <> 'none'
        """  # noqa: S608 - constants
    ),
    "block": text(
        f"""
        SELECT CAST(u.id AS text) AS id, {USER},
            CASE WHEN low_id = :user_id THEN low_blocked_at ELSE high_blocked_at END AS at
        FROM {OTHERS}
        WHERE CASE WHEN low_id = :user_id THEN low_blocked_at ELSE high_blocked_at END IS NOT NULL
        """  # noqa: S608 - constants
    ),
    "mute": text(
        f"""
        SELECT CAST(u.id AS text) AS id, {USER}, created_at AS at
        FROM mutes JOIN users u ON u.id = muted_id
        WHERE user_id = :user_id AND muted_id IN ({IDS})
        """  # noqa: S608 - constants
    ),
    "review": text(
        f"""
        SELECT CAST(r.id AS text) AS id, {MOVIE}, r.title, content, is_positive, has_spoilers,
            language, created_at, updated_at
        FROM reviews r JOIN movies m ON m.id = r.movie_id
        WHERE user_id = :user_id AND deleted_at IS NULL AND r.id IN ({NUMBERS})
        """  # noqa: S608 - constants
    ),
    "comment": text(
        f"""
        SELECT CAST(id AS text) AS id, review_id, parent_id, content, has_spoilers,
            created_at, updated_at
        FROM comments WHERE user_id = :user_id AND deleted_at IS NULL AND id IN ({NUMBERS})
        """  # noqa: S608 - constants
    ),
    "reaction": text(
        """
        SELECT concat_ws(':', target, target_id, emoji) AS id, target, target_id, emoji, created_at
        FROM reactions WHERE user_id = :user_id
            AND concat_ws(':', target, target_id, emoji) = ANY(CAST(:ids AS text[]))
        """
    ),
    "list": text(
        f"""
        SELECT CAST(l.id AS text) AS id, l.kind, l.slug, l.name, l.description, l.privacy,
            l.created_at, l.updated_at, (
                SELECT coalesce(jsonb_agg(i ORDER BY i.position, i.added_at), '[]') FROM (
                    SELECT {MOVIE}, k.note, k.position, k.added_at
                    FROM list_movies k JOIN movies m ON m.id = k.movie_id
                    WHERE k.list_id = l.id
                ) AS i
            ) AS movies
        FROM lists l
        WHERE l.user_id = :user_id AND l.deleted_at IS NULL AND l.id IN ({NUMBERS})
        """  # noqa: S608 - constants
    ),
    "privacy": text(
        """
        SELECT 'me' AS id, ratings, activity, watch_time, stats, friends, updated_at
        FROM privacy_settings
        WHERE user_id = :user_id AND 'me' = ANY(CAST(:ids AS text[]))
        """
    ),
}
"""Type → the things of a member's (`:user_id`) that are there now, of those with `:ids`.

What a statement does not return is gone. The movie of an id is named by its number, which a
new slug does not change.
"""
