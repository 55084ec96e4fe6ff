"""What identity holds of members.

The profile goes last: with it goes whatever hangs on it, uncounted.
"""

from typing import Final

from marquee_identity.applications.rights import APPLICATIONS, AUTHORIZATIONS
from marquee_identity.avatars.rights import AVATAR
from marquee_identity.exports.rights import EXPORTS
from marquee_shared.rights import Rights, plain_dataset

SESSIONS: Final = plain_dataset(
    "sessions",
    export="SELECT id, device, address, application_id, scopes, created_at, last_used_at, "
    "expires_at, ended_at, end_reason "
    "FROM sessions WHERE user_id = :user_id ORDER BY id",
    erase="DELETE FROM sessions WHERE user_id = :user_id RETURNING id",
)
SECURITY_EVENTS: Final = plain_dataset(
    "security_events",
    export="SELECT kind, device, address, created_at FROM security_events "
    "WHERE user_id = :user_id ORDER BY id",
    erase="DELETE FROM security_events WHERE user_id = :user_id RETURNING id",
)
NOTICES: Final = plain_dataset(
    "security_notices",  # mails; one may know an address of before, or a receipt
    export=None,
    erase="DELETE FROM jobs WHERE requested_by = :user_id "
    "AND kind IN ('send_security_notice', 'send_leaving_mail') RETURNING id",
)
LINKED_IDENTITIES: Final = plain_dataset(
    "linked_identities",
    export="SELECT issuer, subject, created_at FROM linked_identities "
    "WHERE user_id = :user_id ORDER BY issuer",
    erase="DELETE FROM linked_identities WHERE user_id = :user_id RETURNING issuer",
)
SUSPENSIONS: Final = plain_dataset(
    "suspensions",
    export="SELECT suspended, until, reason FROM suspensions WHERE user_id = :user_id",
    erase="DELETE FROM suspensions WHERE user_id = :user_id RETURNING user_id",
)
TASTE: Final = plain_dataset(
    "taste",
    export="SELECT genres, platforms, people, updated_at FROM tastes WHERE user_id = :user_id",
    erase="DELETE FROM tastes WHERE user_id = :user_id RETURNING user_id",
)
FOLLOWED_PEOPLE: Final = plain_dataset(
    "followed_people",
    export="SELECT slug, name, created_at FROM followed_people "
    "WHERE user_id = :user_id ORDER BY person_id",
    erase="DELETE FROM followed_people WHERE user_id = :user_id RETURNING person_id",
)
FRIENDSHIPS: Final = plain_dataset(
    "friendships",
    export=None,
    erase="DELETE FROM friendships WHERE :user_id IN (one_id, other_id) RETURNING one_id",
)
BLOCKS: Final = plain_dataset(
    "blocks",
    export=None,
    erase="DELETE FROM blocks WHERE :user_id IN (user_id, blocked_id) RETURNING user_id",
)
TOKENS: Final = plain_dataset(
    "tokens",
    export="SELECT name, scopes, created_at, last_used_at, expires_at, revoked_at "
    "FROM opaque_tokens WHERE user_id = :user_id ORDER BY id",
    erase="DELETE FROM opaque_tokens WHERE user_id = :user_id RETURNING id",
)
PROFILE: Final = plain_dataset(
    "profile",
    export="SELECT id, username, email, first_name, last_name, bio, language, country, "
    "avatar_url, roles, boarded, verified_at, created_at, updated_at "
    "FROM users WHERE id = :user_id",
    erase="DELETE FROM users WHERE id = :user_id RETURNING id",
)

RIGHTS: Final = Rights(
    "identity",
    [
        APPLICATIONS,
        AUTHORIZATIONS,
        SESSIONS,
        SECURITY_EVENTS,
        NOTICES,
        LINKED_IDENTITIES,
        SUSPENSIONS,
        TOKENS,
        TASTE,
        FOLLOWED_PEOPLE,
        FRIENDSHIPS,
        BLOCKS,
        EXPORTS,
        AVATAR,
        PROFILE,
    ],
)
