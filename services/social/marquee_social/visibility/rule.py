"""The one rule of visibility, as SQL and as a function; a test holds them equal.

A thing belongs to an owner and is `public`, for `friends` or `private`. Owners see what is
theirs. Between two members of whom either has blocked the other nothing exists, whatever its
privacy. Otherwise friends see what is `friends` and `public`, everybody else what is `public`.

The SQL takes expressions: a column or parameter that is the owner's id, and one that is a
privacy. The viewer is the parameter `:viewer`, NULL for who is not signed in. Each costs one
lookup in the primary key of `relationships`; `visible_of_many` two index scans for all rows.

    SELECT … FROM reviews r WHERE {visible("r.user_id", "'public'")}
    SELECT … FROM lists l WHERE {visible("l.user_id", "l.privacy")}
    SELECT count(*) FROM lists l WHERE {visible_of_many("l.user_id", "l.privacy")}
    SELECT … FROM ratings r WHERE {visible("r.user_id", privacy_of("r.user_id", "ratings"))}
    SELECT … FROM {friends_of(":viewer")} AS f (id, since) JOIN …
"""

from enum import StrEnum
from typing import Final, Literal, get_args

from marquee_shared.events.social import Privacy

Surface = Literal["ratings", "activity", "watch_time", "stats", "friends"]
"""What of a profile has a privacy of its own, to be set by its owner."""

SURFACES: Final[tuple[Surface, ...]] = get_args(Surface)
DEFAULTS: Final[dict[Surface, Privacy]] = {
    "ratings": "public",
    "activity": "friends",
    "watch_time": "friends",
    "stats": "friends",
    "friends": "public",
}
"""What holds for who has set nothing."""

VIEWER: Final = "CAST(:viewer AS uuid)"


class Relation(StrEnum):
    """What a viewer is to the owner of a thing."""

    OWNER = "owner"
    FRIEND = "friend"
    STRANGER = "stranger"
    BLOCKED = "blocked"
    ANONYMOUS = "anonymous"


def may_see(relation: Relation, privacy: Privacy) -> bool:
    """Whether such a viewer sees a thing of this privacy."""
    match relation:
        case Relation.OWNER:
            return True
        case Relation.BLOCKED:
            return False
        case Relation.FRIEND:
            return privacy != "private"
        case Relation.STRANGER | Relation.ANONYMOUS:
            return privacy == "public"


def _between(one: str, other: str) -> str:
    """Return the condition that names the row of a pair; no row where `other` is NULL."""
    return f"low_id = least({one}, {other}) AND high_id = greatest({one}, {other})"


def visible(owner: str, privacy: str, viewer: str = VIEWER) -> str:
    """Return the condition that the viewer sees an owner's thing of this privacy."""
    return f"""(
        {owner} IS NOT DISTINCT FROM {viewer} OR coalesce((
            SELECT low_blocked_at IS NULL AND high_blocked_at IS NULL AND (
                {privacy} = 'public' OR ({privacy} = 'friends' AND friendship = 'friends')
            )
            FROM relationships WHERE {_between(owner, viewer)}
        ), {privacy} = 'public')
    )"""  # noqa: S608 - constants


def visible_of_many(owner: str, privacy: str) -> str:
    """Return what `visible` says, for statements that look at very many rows.

    Who is a friend and who is blocked is read once into a hash, in place of a lookup in each row.
    """
    return f"""(
        {owner} = {VIEWER} OR {owner} NOT IN (SELECT * FROM {blocked_of()} AS b (id)) AND (
            {privacy} = 'public' OR {privacy} = 'friends' AND {owner} IN (
                SELECT f.id FROM {friends_of()} AS f (id, since)
            )
        )
    )"""  # noqa: S608 - constants


def not_blocked(owner: str, viewer: str = VIEWER) -> str:
    """Return the condition that the viewer and this member exist for each other."""
    return f"""NOT EXISTS (
        SELECT FROM relationships WHERE {_between(owner, viewer)}
            AND (low_blocked_at IS NOT NULL OR high_blocked_at IS NOT NULL)
    )"""


def are_friends(one: str, other: str = VIEWER) -> str:
    """Return the condition that two members are friends."""
    return f"""EXISTS (
        SELECT FROM relationships WHERE {_between(one, other)} AND friendship = 'friends'
    )"""


def friends_of(member: str = VIEWER) -> str:
    """Return a subquery of a member's friends: `(id, since)`, by two index scans."""
    return f"""(
        SELECT high_id, friendship_at FROM relationships
        WHERE low_id = {member} AND friendship = 'friends'
        UNION ALL
        SELECT low_id, friendship_at FROM relationships
        WHERE high_id = {member} AND friendship = 'friends'
    )"""  # noqa: S608 - constants


def blocked_of(member: str = VIEWER) -> str:
    """Return a subquery of the members `(id)` who do not exist for this one, by two index scans."""
    return f"""(
        SELECT high_id FROM relationships WHERE low_id = {member}
            AND (low_blocked_at IS NOT NULL OR high_blocked_at IS NOT NULL)
        UNION ALL
        SELECT low_id FROM relationships WHERE high_id = {member}
            AND (low_blocked_at IS NOT NULL OR high_blocked_at IS NOT NULL)
    )"""  # noqa: S608 - constants


def not_muted(member: str, viewer: str = VIEWER) -> str:
    """Return the condition that the viewer has not muted this member: for feeds and notices."""
    return f"NOT EXISTS (SELECT FROM mutes WHERE user_id = {viewer} AND muted_id = {member})"


def privacy_of(owner: str, surface: Surface) -> str:
    """Return the privacy that an owner has given a part of their profile."""
    return f"""coalesce(
        (SELECT p.{surface} FROM privacy_settings p WHERE p.user_id = {owner}),
        '{DEFAULTS[surface]}'
    )"""  # noqa: S608 - constants
