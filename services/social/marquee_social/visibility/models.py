"""Members' privacy settings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table
from marquee_social.visibility.rule import SURFACES


class PrivacySettings(Table):
    """Who sees what of a member; without a row the defaults hold."""

    __tablename__ = "privacy_settings"
    __table_args__ = (
        *(
            CheckConstraint(f"{surface} IN ('public', 'friends', 'private')", name=surface)
            for surface in SURFACES
        ),
        CheckConstraint("revision > 0", name="revision"),
    )

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    ratings: Mapped[str] = mapped_column(Text)
    activity: Mapped[str] = mapped_column(Text)
    watch_time: Mapped[str] = mapped_column(Text)
    stats: Mapped[str] = mapped_column(Text)
    friends: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(BigInteger)
