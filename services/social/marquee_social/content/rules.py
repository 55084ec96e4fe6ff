"""The SQL that decides whether content is shown, and how much of it.

The parameters are `:viewer` (NULL when anonymous), `:moderator` (whether the viewer is one) and
`:spoilers` (whether they asked to see them).
"""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from marquee_shared.auth.principals import Principal
from marquee_social.visibility.rule import VIEWER, blocked_of, visible

MODERATOR = "moderator"
ContentType = Literal["review", "comment"]

BLOCKED = f"blocked AS MATERIALIZED (SELECT id FROM {blocked_of()} AS b (id))"  # noqa: S608 - constants
"""The CTE of members who do not exist for the viewer; the counts below need it."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and how."""

    id: UUID | None
    moderator: bool = False
    spoilers: bool = False

    @classmethod
    def of(cls, caller: Principal | None, *, spoilers: bool = False) -> "Viewer":
        """Return the viewer that a caller is."""
        if caller is None or caller.kind != "member":
            return cls(None, spoilers=spoilers)
        return cls(caller.id, caller.has_role(MODERATOR), spoilers)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that the SQL of this module takes."""
        return {"viewer": self.id, "moderator": self.moderator, "spoilers": self.spoilers}


def shown(thing: str) -> str:
    """Return the condition that a row of reviews or comments is shown to the viewer.

    What moderators have hidden is shown to its author and to them.
    """
    return f"""(
        {thing}.deleted_at IS NULL
        AND ({thing}.hidden_at IS NULL OR coalesce({thing}.user_id = {VIEWER}, false) OR :moderator)
        AND {visible(f"{thing}.user_id", "'public'")}
    )"""


def spoils(thing: str, movie_id: str) -> str:
    """Return the condition that a row's content is kept from the viewer as a spoiler.

    It is until they have rated the film, marked it as seen or watched it to its end; never from
    its author.
    """
    return f"""(
        {thing}.has_spoilers AND NOT :spoilers AND {thing}.user_id IS DISTINCT FROM {VIEWER}
        AND NOT EXISTS (
            SELECT FROM ratings k WHERE k.user_id = {VIEWER} AND k.movie_id = {movie_id}
                AND k.half_steps IS NOT NULL
        )
        AND NOT EXISTS (
            SELECT FROM signals k WHERE k.user_id = {VIEWER} AND k.movie_id = {movie_id}
                AND k.kind = 'seen'
        )
        AND NOT EXISTS (
            SELECT FROM watched_movies k WHERE k.user_id = {VIEWER} AND k.movie_id = {movie_id}
                AND k.completed_at IS NOT NULL
        )
    )"""  # noqa: S608 - constants


def author_card(user: str) -> str:
    """Return the JSON of an author's card; NULL for one who has left."""
    return f"""
        CASE WHEN {user}.username IS NOT NULL THEN jsonb_build_object(
            'id', {user}.id, 'username', {user}.username, 'name', {user}.name,
            'avatar_url', {user}.avatar_url
        ) END
    """


def movie_card(movie: str) -> str:
    """Return the JSON of a film's card."""
    return f"""
        jsonb_build_object(
            'id', {movie}.id, 'slug', {movie}.slug, 'title', {movie}.title, 'year', {movie}.year,
            'cover_url', {movie}.cover_url, 'genres', {movie}.genres
        )
    """


def reactions_json(target: ContentType, thing: str) -> str:
    """Return the JSON of a row's reactions as `ReactionsRead`; the statement has `BLOCKED`.

    The row's own counts are exact; those of members who do not exist for the viewer are taken
    off them.
    """
    return f"""
        jsonb_build_object(
            'counts', (
                SELECT coalesce(jsonb_object_agg(emoji, held - unseen), '{{}}') FROM (
                    SELECT key AS emoji, value::integer AS held, (
                        SELECT count(*) FROM blocked JOIN reactions x
                            ON x.user_id = blocked.id AND x.target = '{target}'
                            AND x.target_id = {thing}.id AND x.emoji = key
                    ) AS unseen
                    FROM jsonb_each_text({thing}.reactions)
                ) AS counted WHERE held > unseen
            ),
            'mine', (
                SELECT coalesce(jsonb_agg(x.emoji ORDER BY x.emoji), '[]') FROM reactions x
                WHERE x.target = '{target}' AND x.target_id = {thing}.id AND x.user_id = {VIEWER}
            )
        )
    """  # noqa: S608 - constants
