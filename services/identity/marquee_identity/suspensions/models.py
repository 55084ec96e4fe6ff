"""Table of suspensions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from marquee_identity.tables import IdentityBase
from marquee_identity.users.models import User


class Suspension(IdentityBase):
    """The last word of moderation about a member; `until` null means until they restore it."""

    __tablename__ = "suspensions"

    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    suspended: Mapped[bool]
    until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(Text)
    epoch: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger)
