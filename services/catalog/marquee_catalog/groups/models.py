"""Tables of groups."""

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marquee_catalog.database import CatalogBase, Id, Versioned


class Group(Versioned, CatalogBase):
    """A label of channels."""

    __tablename__ = "groups"
    __table_args__ = (UniqueConstraint("slug"),)

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
