"""A member's right to what the recommender remembers of them."""

from uuid import UUID

from marquee_recommender.interactions.repository import forget_interactions
from marquee_shared.database import WriteSession
from marquee_shared.events.identity import ErasureMode
from marquee_shared.rights import Dataset, Erased


async def erase(session: WriteSession, user_id: UUID, _mode: ErasureMode) -> Erased:
    """Forget what a member did; the next training does not know them any more."""
    return Erased(removed=await forget_interactions(session, user_id))


INTERACTIONS = Dataset("interactions", export=None, erase=erase)
"""A copy of ratings and signals, which social exports."""
