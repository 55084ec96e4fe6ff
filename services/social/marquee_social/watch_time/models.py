"""The tables of watch time. Times and positions are milliseconds (since 1970, of the film)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, Index, Text, Uuid
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marquee_social.tables import Table


class WatchSession(Table):
    """One playback as its player tells it; see `timeline` for `runs`.

    `film_settled` and `clock_settled` can only grow; `film` and `clock` add what is presumed.
    The clock is the player's own; `skew` is how far it is known to be ahead of ours.
    """

    __tablename__ = "watch_sessions"
    __table_args__ = (
        Index("ix_watch_sessions_film", "user_id", "movie_id"),
        Index("ix_watch_sessions_time", "user_id", "last_at"),
        CheckConstraint("skew >= 0", name="skew"),
    )

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    session_id: Mapped[str] = mapped_column(Text, primary_key=True)
    movie_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    runs: Mapped[list[Any]] = mapped_column(JSONB)
    film_settled: Mapped[Any] = mapped_column(INT8MULTIRANGE)
    clock_settled: Mapped[Any] = mapped_column(INT8MULTIRANGE)
    film: Mapped[Any] = mapped_column(INT8MULTIRANGE)
    clock: Mapped[Any] = mapped_column(INT8MULTIRANGE)
    skew: Mapped[int] = mapped_column(BigInteger)
    first_at: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[int] = mapped_column(BigInteger)
    last_position: Mapped[int] = mapped_column(BigInteger)


class WatchedMovie(Table):
    """What all of a member's sessions of a film add up to."""

    __tablename__ = "watched_movies"
    __table_args__ = (
        Index("ix_watched_movies_newest", "user_id", "last_at", "movie_id"),
        Index("ix_watched_movies_movie", "movie_id"),
        CheckConstraint("revision > 0", name="revision"),
        CheckConstraint("milliseconds >= 0 AND coverage >= 0", name="milliseconds"),
    )

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    movie_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    milliseconds: Mapped[int] = mapped_column(BigInteger)
    coverage: Mapped[int] = mapped_column(BigInteger)
    last_position: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    completed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(BigInteger)


class WatchDay(Table):
    """How long a member watched on a day (UTC): each second of wall clock once."""

    __tablename__ = "watch_days"

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    milliseconds: Mapped[int] = mapped_column(BigInteger)


class Watcher(Table):
    """A member's whole watch time; the row that orders writers of one member."""

    __tablename__ = "watchers"

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    milliseconds: Mapped[int] = mapped_column(BigInteger)


class MovieWatchTotals(Table):
    """What all members' watching of a film adds up to."""

    __tablename__ = "movie_watch_totals"
    __table_args__ = (
        CheckConstraint("milliseconds >= 0 AND viewers >= 0 AND completions >= 0", name="counts"),
    )

    movie_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    milliseconds: Mapped[int] = mapped_column(BigInteger)
    viewers: Mapped[int] = mapped_column(BigInteger)
    completions: Mapped[int] = mapped_column(BigInteger)
