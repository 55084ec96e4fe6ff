"""The columns that reviews and comments have in common."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, DateTime, Identity, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table


class Content(Table):
    """Something a member wrote for others.

    `user_id` is NULL once its author has left and let it stay. `reactions` counts them by emoji,
    0 included. What was deleted stays as an empty row with its revision; what moderators have
    hidden stays as it is.
    """

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(Uuid)
    content: Mapped[str] = mapped_column(Text)
    has_spoilers: Mapped[bool] = mapped_column(Boolean)
    reactions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    revision: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    hidden_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
