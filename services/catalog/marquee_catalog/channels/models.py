"""Tables of channels."""

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marquee_catalog.database import CatalogBase, Id, Versioned


class Channel(Versioned, CatalogBase):
    """A channel; one without a parent is a root. Its slug is unique among its siblings."""

    __tablename__ = "channels"
    __table_args__ = (UniqueConstraint("parent_id", "slug", postgresql_nulls_not_distinct=True),)

    id: Mapped[Id]
    parent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("channels.id"))
    slug: Mapped[str] = mapped_column(Text(collation="C"))
    title: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    picture_url: Mapped[str | None] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class ChannelGroup(CatalogBase):
    """A channel's own group."""

    __tablename__ = "channel_groups"
    __table_args__ = (Index("ix_channel_groups_group_id", "group_id"),)

    channel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("channels.id"), primary_key=True)
    group_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True
    )


class ChannelGroupSource(CatalogBase):
    """In how many of a channel and the active ones below it a group is; written by triggers."""

    __tablename__ = "channel_group_sources"
    __table_args__ = (Index("ix_channel_group_sources_group_id", "group_id"),)

    channel_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True
    )
    group_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True
    )
    sources: Mapped[int] = mapped_column(BigInteger)
