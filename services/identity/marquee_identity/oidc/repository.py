"""SQL of identities at a provider."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from marquee_identity.oidc.models import LinkedIdentity
from marquee_shared.database import WriteSession


async def find_linked(session: WriteSession, issuer: str, subject: str) -> UUID | None:
    """Return the member an identity is linked to."""
    statement = select(LinkedIdentity.user_id).where(
        LinkedIdentity.issuer == issuer, LinkedIdentity.subject == subject
    )
    return (await session.scalars(statement)).one_or_none()


async def insert_link(session: WriteSession, issuer: str, subject: str, user_id: UUID) -> bool:
    """Link an identity; False where it, or the member, is linked already."""
    statement = (
        insert(LinkedIdentity)
        .values(issuer=issuer, subject=subject, user_id=user_id)
        .on_conflict_do_nothing()
        .returning(LinkedIdentity.user_id)
    )
    return (await session.scalars(statement)).one_or_none() is not None
