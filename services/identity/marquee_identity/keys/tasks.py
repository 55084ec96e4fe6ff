"""What the schedule does for signing keys."""

from typing import Any

from marquee_identity.keys.sealing import seal_of
from marquee_identity.keys.service import destroy_expired_keys, reseal_keys, rotate_if_old
from marquee_shared.service import Context


async def tend_keys(context: Context[Any]) -> None:
    """Seal all with the present secret, rotate an old key, destroy those of no more use."""
    async with context.database.transaction() as session:
        seal = seal_of(context.settings)
        await reseal_keys(session, seal)
        await rotate_if_old(session, seal)
        await destroy_expired_keys(session)
