"""Table of signing keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marquee_identity.tables import IdentityBase


class SigningKey(IdentityBase):
    """One ES256 key pair; `signs_from` is null while it is only published as the next."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(Text, primary_key=True)
    public: Mapped[dict[str, Any]] = mapped_column(JSONB)
    private_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    signs_from: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
