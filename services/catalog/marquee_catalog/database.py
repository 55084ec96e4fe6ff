"""The catalog's metadata and declarative base."""

from datetime import datetime
from typing import Annotated

from sqlalchemy import BigInteger, DateTime, Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from marquee_shared.database import Base, new_metadata
from marquee_shared.outbox.tables import add_shared_tables

metadata = new_metadata("catalog")
add_shared_tables(metadata)

Id = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]


class CatalogBase(Base):
    """What every table of the catalog derives from."""

    __abstract__ = True
    metadata = metadata


class Versioned:
    """Columns of a thing that has versions."""

    revision: Mapped[int] = mapped_column(BigInteger, server_default="1", default=1)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Kept(Versioned):
    """Columns of a thing that has versions and is deleted softly."""

    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
