"""Table of exports."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from marquee_identity.tables import IdentityBase, metadata
from marquee_identity.users.models import User

KIND = "export"


class Export(IdentityBase):
    """An archive that is ready; its id is its job's. Without a member it only waits to go."""

    __tablename__ = "exports"
    __table_args__ = (Index("ix_exports_expires_at", "expires_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"))
    file: Mapped[str] = mapped_column(Text)
    bytes: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


_jobs = metadata.tables["identity.jobs"]
Index(
    "uq_jobs_export_unfinished",
    _jobs.c.requested_by,
    unique=True,
    postgresql_where=text("kind = 'export' AND state IN ('queued', 'running')"),
)
