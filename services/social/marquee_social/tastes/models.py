"""The replica of tastes."""

from uuid import UUID

from sqlalchemy import BigInteger, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table


class Taste(Table):
    """A member's platforms, by slug, as identity last told them."""

    __tablename__ = "tastes"

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    platforms: Mapped[list[str]] = mapped_column(ARRAY(Text))
    epoch: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger)
