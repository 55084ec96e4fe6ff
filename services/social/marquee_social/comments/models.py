"""Comments."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.content.models import Content


class Comment(Content):
    """A comment on a review (`parent_id` NULL, `depth` 1) or a reply to another."""

    __tablename__ = "comments"
    __table_args__ = (
        Index(
            "ix_comments_thread",
            "review_id",
            text("coalesce(parent_id, 0)"),
            "id",
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(
            "ix_comments_author",
            "user_id",
            "review_id",
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(
            "ix_comments_hidden",
            "review_id",
            postgresql_where=text("hidden_at IS NOT NULL AND deleted_at IS NULL"),
        ),
        CheckConstraint("(parent_id IS NULL) = (depth = 1)", name="depth"),
        CheckConstraint("revision > 0", name="revision"),
    )

    review_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("social.reviews.id"))
    parent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("social.comments.id"))
    depth: Mapped[int] = mapped_column(Integer)
