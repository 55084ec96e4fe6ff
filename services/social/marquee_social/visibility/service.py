"""Whether a viewer may see a part of a member's profile at all."""

from uuid import UUID

from sqlalchemy import text

from marquee_shared.database import ReadSession
from marquee_shared.problems import NotFound
from marquee_social.visibility.rule import SURFACES, Surface, privacy_of, visible

OWNER = "CAST(:owner AS uuid)"
SEES = {
    surface: text(f"SELECT {visible(OWNER, privacy_of(OWNER, surface))}") for surface in SURFACES
}


async def require_surface(
    session: ReadSession,
    viewer: UUID | None,
    owner: UUID,
    surface: Surface,
    hidden: type[NotFound],
) -> None:
    """Raise `hidden` unless the viewer may see this part of the owner's profile."""
    values = {"viewer": viewer, "owner": owner}
    if not (await session.execute(SEES[surface], values)).scalar_one():
        raise hidden
