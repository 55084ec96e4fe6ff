"""Tables of tastes and of followed people."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from marquee_identity.tables import IdentityBase
from marquee_identity.users.models import User


class Taste(IdentityBase):
    """What a member says they like, in slugs; the country is their profile's."""

    __tablename__ = "tastes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    genres: Mapped[list[str]] = mapped_column(ARRAY(Text))
    platforms: Mapped[list[str]] = mapped_column(ARRAY(Text))
    people: Mapped[list[str]] = mapped_column(ARRAY(Text))
    revision: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class FollowedPerson(IdentityBase):
    """An actor or director a member follows, as the catalog named them then."""

    __tablename__ = "followed_people"
    __table_args__ = (Index("ix_followed_people_newest", "user_id", "created_at", "person_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
