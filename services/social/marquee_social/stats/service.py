"""A member's figures."""

from datetime import UTC, date, datetime
from uuid import UUID

from marquee_shared.database import ReadSession
from marquee_social.ratings.scale import LABELS, average
from marquee_social.stats import repository
from marquee_social.stats.schemas import MonthFigures, Stats, Streak, YearInReview

FIRST_YEAR = 1900
LAST_YEAR = 2200


async def get_stats(session: ReadSession, member: UUID, year: int | None) -> Stats:
    """Return a member's figures, of all time or of one year."""
    span = (date(year or FIRST_YEAR, 1, 1), date(year or LAST_YEAR, 12, 31))
    figures = await repository.member_figures(session, member, span)
    streaks = await repository.member_streaks(session, member, span, datetime.now(UTC).date())
    return Stats(
        movies=figures.movies,
        ratings=sum(figures.counts),
        reviews=figures.reviews,
        seconds_watched=float(figures.milliseconds) / 1000,
        average_rating=average(figures.counts),
        rating_curve=dict(zip(LABELS, figures.counts, strict=True)),
        genres=figures.genres,
        decades=figures.decades,
        streak=Streak.model_validate(streaks),
        year_in_review=None if year is None else await _year_in_review(session, member, year),
    )


async def _year_in_review(session: ReadSession, member: UUID, year: int) -> YearInReview:
    row = await repository.year_in_review(session, member, (date(year, 1, 1), date(year, 12, 31)))
    months = [MonthFigures.model_validate(month) for month in row.months]
    busiest = max(months, key=lambda month: (month.movies, month.seconds_watched, -month.month))
    has_any = busiest.movies > 0 or busiest.seconds_watched > 0
    return YearInReview(
        year=year,
        months=months,
        busiest_month=busiest.month if has_any else None,
        top_rated=row.top_rated,
        first_movie=row.first_movie,
        last_movie=row.last_movie,
    )
