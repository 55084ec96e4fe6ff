"""The replica of members."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, DateTime, Index, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table


class User(Table):
    """A member as identity last told them; one who was erased leaves the id and nothing else.

    `suspended_until` is moderation's own and no event of identity's touches it; 'infinity' until
    they are restored.
    """

    __tablename__ = "users"
    __table_args__ = (
        Index("ix_users_username", "username"),
        Index("ix_users_username_key", text("lower(username)")),
        CheckConstraint(
            "CASE WHEN deleted THEN username IS NULL AND name IS NULL AND avatar_url IS NULL "
            "ELSE username IS NOT NULL AND name IS NOT NULL END",
            name="deleted_is_empty",
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    username: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    avatar_url: Mapped[str | None] = mapped_column(Text)
    deleted: Mapped[bool] = mapped_column(Boolean)
    suspended_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    epoch: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger)
