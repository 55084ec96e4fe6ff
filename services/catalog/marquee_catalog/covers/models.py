"""Table of pictures that wait to be removed."""

from datetime import datetime

from sqlalchemy import DateTime, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from marquee_catalog.database import CatalogBase


class UnusedPicture(CatalogBase):
    """A kept picture that no film and no person shows, and since when that is known."""

    __tablename__ = "unused_pictures"

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
