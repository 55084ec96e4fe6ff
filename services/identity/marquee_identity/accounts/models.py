"""Table of one-time codes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, LargeBinary, SmallInteger, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from marquee_identity.tables import IdentityBase
from marquee_identity.users.models import User


class Code(IdentityBase):
    """A member's code for a purpose: asked for, then (once mailed) hashed and open to tries."""

    __tablename__ = "codes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    purpose: Mapped[str] = mapped_column(Text, primary_key=True)
    requested_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    email: Mapped[str | None] = mapped_column(Text)
    """The address to be proved, where it is not yet the member's."""
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
