"""Tables of sessions and their refresh tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from marquee_identity.applications.models import Application
from marquee_identity.tables import IdentityBase
from marquee_identity.users.models import User


class Session(IdentityBase):
    """One sign-in on one device, from then until it ends or expires.

    Or what a member granted an application, which may do only what `scopes` say.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_live", "user_id", "id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_sessions_expires_at", "expires_at"),
        Index(
            "ix_sessions_application_id",
            "application_id",
            postgresql_where=text("application_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    device: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_used_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    end_reason: Mapped[str | None] = mapped_column(Text)
    application_id: Mapped[UUID | None] = mapped_column(
        ForeignKey(Application.id, ondelete="CASCADE")
    )
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")


class RefreshToken(IdentityBase):
    """A refresh token by its hash; a spent one knows its successor, sealed under itself."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        Index(
            "uq_refresh_tokens_unspent",
            "session_id",
            unique=True,
            postgresql_where=text("spent_at IS NULL"),
        ),
        Index("ix_refresh_tokens_session_id", "session_id"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey(Session.id, ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    spent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    successor_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    successor_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
