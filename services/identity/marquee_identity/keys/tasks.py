"""What the schedule does for signing keys."""

from typing import Any

from marquee_identity.keys.sealing import Seal
from marquee_identity.keys.service import destroy_expired_keys, rotate_if_old
from marquee_shared.service import Context


async def tend_keys(context: Context[Any]) -> None:
    """Rotate an old key and destroy those that nothing is signed with any more."""
    async with context.database.transaction() as session:
        await rotate_if_old(session, Seal(context.settings.key_encryption_key))
        await destroy_expired_keys(session)
