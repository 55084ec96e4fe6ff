"""A member's right to their picture."""

from typing import Final

from marquee_shared.rights import plain_dataset

AVATAR: Final = plain_dataset(
    "avatar",
    export=None,
    erase="INSERT INTO discarded_avatars (digest) SELECT split_part(avatar_url, '/', 4) "
    "FROM users WHERE id = :user_id AND avatar_url LIKE '/v1/avatars/%' "
    "ON CONFLICT DO NOTHING RETURNING digest",
)
"""Its files go with the next sweep; where it is stands in the exported profile."""
