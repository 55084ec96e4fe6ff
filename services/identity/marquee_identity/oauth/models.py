"""Table of authorizations under way."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from marquee_identity.applications.models import Application
from marquee_identity.sessions.models import Session
from marquee_identity.tables import IdentityBase
from marquee_identity.users.models import User


class Authorization(IdentityBase):
    """A code by its hash: one with a challenge, for a redirect; or a device's, with a user code.

    `state` goes from `pending` (devices only) to `approved` or `denied`, and to `used`;
    `session_id` is what came of it.
    """

    __tablename__ = "authorizations"
    __table_args__ = (
        UniqueConstraint("code_hash"),
        UniqueConstraint("user_code_hash"),
        Index("ix_authorizations_application_id", "application_id"),
        Index("ix_authorizations_user_id", "user_id"),
        Index("ix_authorizations_session_id", "session_id"),
        Index("ix_authorizations_expires_at", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey(Application.id, ondelete="CASCADE"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    user_code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    redirect_uri: Mapped[str | None] = mapped_column(Text)
    challenge: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey(Session.id, ondelete="SET NULL"))
    device: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    interval_seconds: Mapped[int]
    polled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
