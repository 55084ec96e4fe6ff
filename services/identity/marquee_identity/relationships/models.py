"""Tables of the replica."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from marquee_identity.tables import IdentityBase


class Friendship(IdentityBase):
    """What two members are to each other; `one` has the smaller id, `asked_by` is either."""

    __tablename__ = "friendships"
    __table_args__ = (
        CheckConstraint("one_id < other_id", name="order"),
        CheckConstraint("state IN ('none', 'requested', 'friends')", name="state"),
    )

    one_id: Mapped[UUID] = mapped_column(primary_key=True)
    other_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[UUID]
    epoch: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger)


class Block(IdentityBase):
    """Whether one member has blocked another."""

    __tablename__ = "blocks"
    __table_args__ = (
        Index("ix_blocks_blocked_id", "blocked_id", "user_id", postgresql_where=text("blocked")),
    )

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    blocked_id: Mapped[UUID] = mapped_column(primary_key=True)
    blocked: Mapped[bool]
    epoch: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger)
