"""The SQL of a member's interactions."""

from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession

INTERACTIONS = text(
    """
    SELECT json_build_object(
        'user_id', CAST(:user_id AS uuid),
        'ratings', (
            SELECT coalesce(json_agg(json_build_object(
                'movie_id', movie_id, 'value', half_steps / 2.0::float8,
                'rated_at', rated_at, 'revision', revision
            ) ORDER BY rated_at, movie_id), '[]')
            FROM ratings WHERE user_id = :user_id AND half_steps IS NOT NULL
        ),
        'signals', (
            SELECT coalesce(json_agg(json_build_object(
                'movie_id', movie_id, 'kind', kind, 'at', signalled_at, 'revision', revision
            ) ORDER BY signalled_at, movie_id), '[]')
            FROM signals WHERE user_id = :user_id AND kind IS NOT NULL
        )
    )::text
    """
)


async def interactions_json(session: ReadSession, user_id: UUID) -> str:
    """Return everything a member has rated and signalled, as the JSON of `Interactions`."""
    return str(await session.scalar(INTERACTIONS, {"user_id": user_id}))
