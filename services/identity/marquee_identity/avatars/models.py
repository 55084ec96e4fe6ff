"""Table of avatars to delete."""

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from marquee_identity.tables import IdentityBase


class DiscardedAvatar(IdentityBase):
    """A picture that its member has replaced, removed or left behind."""

    __tablename__ = "discarded_avatars"

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
