"""A member's right to their exports, which hold all there is about them."""

from typing import Final

from marquee_shared.rights import plain_dataset

EXPORTS: Final = plain_dataset(
    "exports",
    export=None,
    erase="UPDATE exports SET expires_at = now(), user_id = NULL "
    "WHERE user_id = :user_id RETURNING id",
)
"""Archives go with the next sweep of what has expired."""
