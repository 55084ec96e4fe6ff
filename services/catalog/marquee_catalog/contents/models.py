"""Tables of contents."""

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Numeric, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marquee_catalog.database import CatalogBase, Id, Versioned


class Content(Versioned, CatalogBase):
    """What a leaf channel holds: a file, described."""

    __tablename__ = "contents"
    __table_args__ = (UniqueConstraint("channel_id", "slug"),)

    id: Mapped[Id]
    channel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("channels.id"))
    slug: Mapped[str] = mapped_column(Text(collation="C"))
    title: Mapped[str] = mapped_column(Text)
    file_url: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB, default=dict)
    rating: Mapped[Decimal | None] = mapped_column(Numeric(3, 1))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
