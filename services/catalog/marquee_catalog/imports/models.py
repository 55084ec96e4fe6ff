"""Tables of imports; a job's own row is in the shared `jobs`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marquee_catalog.database import CatalogBase, Id


class ImportRejection(CatalogBase):
    """A row of an imported file that was not taken, and why."""

    __tablename__ = "import_rejections"
    __table_args__ = (UniqueConstraint("job_id", "file", "line"),)

    id: Mapped[Id]
    job_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("jobs.id", ondelete="CASCADE"))
    file: Mapped[str] = mapped_column(Text)
    line: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)


class ImportChunk(CatalogBase):
    """The digest of a chunk of members or ratings that was told before."""

    __tablename__ = "import_chunks"

    source: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    told_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ImportItem(CatalogBase):
    """A film that an import fetches from elsewhere, and what became of it; null while it waits."""

    __tablename__ = "import_items"
    __table_args__ = (
        Index(
            "ix_import_items_waiting",
            "job_id",
            "page",
            "foreign_id",
            postgresql_where=text("outcome IS NULL"),
        ),
    )

    job_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True
    )
    foreign_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    page: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[str | None] = mapped_column(Text)
