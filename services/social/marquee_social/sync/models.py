"""The table of changes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Text, Uuid
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from marquee_social.tables import Table


class Xid8(UserDefinedType[int]):
    """A transaction's 64-bit number, which never comes again."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        """Return the type's name in SQL."""
        return "xid8"


ischema_names["xid8"] = Xid8  # SQLAlchemy does not know it when it compares tables with models


class MemberChange(Table):
    """The latest change of one thing of a member's."""

    __tablename__ = "member_changes"
    __table_args__ = (Index("ix_member_changes_order", "user_id", "xid", "type", "id"),)

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    type: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
