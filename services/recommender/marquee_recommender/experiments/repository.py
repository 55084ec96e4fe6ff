"""Experiments' rows, who was shown what, who keeps out, and what came of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from marquee_shared.database import ReadSession, WriteSession

COLUMNS = (
    "key, description, salt, state, ramp, variants, metric, window_hours, revision, "
    "created_at, updated_at, started_at, ended_at"
)

# A member who keeps out is neither counted nor given anything: then no row comes back.
EXPOSE = text("""
INSERT INTO experiment_exposures AS e (experiment, user_id, variant)
SELECT :experiment, :user_id, :variant
WHERE NOT EXISTS (SELECT FROM experiment_opt_outs o WHERE o.user_id = :user_id)
ON CONFLICT (experiment, user_id) DO UPDATE SET shown = e.shown + 1, last_at = now()
RETURNING shown
""")

# What follows the first showing within the window, per member; the member's own row bounds it.
OUTCOMES = text("""
WITH exposed AS (
    SELECT user_id, variant, shown, first_at, first_at + CAST(:window AS interval) AS until
    FROM experiment_exposures WHERE experiment = :experiment
), counted AS (
    SELECT e.variant, e.shown,
        (SELECT count(*) FROM recommendation_events r WHERE r.user_id = e.user_id
         AND r.type = 'click' AND r.at >= e.first_at AND r.at < e.until) AS click,
        i.rating, i.liked, i.rejections, i.ratings_low,
        (SELECT count(DISTINCT w.movie_id) FROM experiment_watches w
         WHERE w.user_id = e.user_id AND w.at >= e.first_at AND w.at < e.until) AS watch
    FROM exposed e, LATERAL (
        SELECT count(*) FILTER (WHERE kind = 'rating') AS rating,
            count(*) FILTER (WHERE kind = 'like') AS liked,
            count(*) FILTER (WHERE kind IN ('dislike', 'not_interested')) AS rejections,
            count(*) FILTER (WHERE value <= 2) AS ratings_low
        FROM interactions i WHERE i.user_id = e.user_id AND NOT i.removed
        AND i.at >= e.first_at AND i.at < e.until
    ) i
)
SELECT variant, name, count(*) AS members, sum(shown) AS exposures,
    count(*) FILTER (WHERE n > 0) AS hits, sum(n) AS total, sum(n * n) AS squares
FROM counted, LATERAL (VALUES ('click', click), ('rating', rating), ('like', liked),
    ('watch', watch), ('rejections', rejections), ('ratings_low', ratings_low)) AS v (name, n)
GROUP BY variant, name
""")

WATCHED = text("""
INSERT INTO experiment_watches (user_id, movie_id, at)
SELECT t.* FROM unnest(CAST(:users AS uuid[]), CAST(:movies AS bigint[]),
    CAST(:ats AS timestamptz[])) AS t (user_id, movie_id, at)
WHERE EXISTS (SELECT FROM experiment_exposures e WHERE e.user_id = t.user_id)
ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING
""")


async def find_experiment(
    session: ReadSession | WriteSession, key: str, *, lock: bool = False
) -> Any | None:
    """Return an experiment's row, locked until the transaction's end where asked for."""
    statement = f"SELECT {COLUMNS} FROM experiments WHERE key = :key"  # noqa: S608 - a constant
    found = await session.execute(text(statement + " FOR UPDATE" * lock), {"key": key})
    return found.one_or_none()


async def find_running(session: ReadSession | WriteSession) -> Any | None:
    """Return the row of the experiment that runs."""
    statement = text(f"SELECT {COLUMNS} FROM experiments WHERE state = 'running'")  # noqa: S608 - a constant
    return (await session.execute(statement)).one_or_none()


async def list_experiments(
    session: ReadSession, limit: int, after: tuple[datetime, str] | None
) -> Sequence[Any]:
    """Return experiments, newest first."""
    at, key = after or (None, None)
    statement = text(
        f"SELECT {COLUMNS} FROM experiments "  # noqa: S608 - a constant
        "WHERE CAST(:at AS timestamptz) IS NULL OR (created_at, key) < (:at, :key) "
        "ORDER BY created_at DESC, key DESC LIMIT :limit"
    )
    return (await session.execute(statement, {"at": at, "key": key, "limit": limit})).all()


async def add_experiment(session: WriteSession, values: dict[str, Any]) -> bool:
    """Add a draft; return whether its key was free."""
    found = await session.execute(
        text(
            "INSERT INTO experiments (key, description, salt, ramp, variants, metric, "
            "window_hours) VALUES (:key, :description, :salt, :ramp, CAST(:variants AS jsonb), "
            ":metric, :window_hours) ON CONFLICT (key) DO NOTHING RETURNING key"
        ),
        values | {"variants": orjson.dumps(values["variants"]).decode()},
    )
    return found.one_or_none() is not None


async def change_experiment(session: WriteSession, row: Any, changes: dict[str, Any]) -> None:
    """Write an experiment's changed fields and its new revision."""
    values = {**row._asdict(), **changes}
    await session.execute(
        text(
            "UPDATE experiments SET description = :description, salt = :salt, state = :state, "
            "ramp = :ramp, variants = CAST(:variants AS jsonb), metric = :metric, "
            "window_hours = :window_hours, revision = revision + 1, updated_at = now(), "
            "started_at = CASE WHEN :state = 'running' THEN coalesce(started_at, now()) "
            "ELSE started_at END, "
            "ended_at = CASE WHEN :state = 'ended' THEN coalesce(ended_at, now()) END "
            "WHERE key = :key"
        ),
        values | {"variants": orjson.dumps(values["variants"]).decode()},
    )


async def expose(session: WriteSession, experiment: str, user_id: UUID, variant: str) -> bool:
    """Note that a member is shown a variant; return False for one who keeps out."""
    parameters = {"experiment": experiment, "user_id": user_id, "variant": variant}
    return (await session.execute(EXPOSE, parameters)).one_or_none() is not None


async def find_opt_out(session: ReadSession | WriteSession, user_id: UUID) -> datetime | None:
    """Return since when a member keeps out of experiments."""
    found: datetime | None = await session.scalar(
        text("SELECT at FROM experiment_opt_outs WHERE user_id = :user_id"), {"user_id": user_id}
    )
    return found


async def add_opt_out(session: WriteSession, user_id: UUID) -> bool:
    """Keep a member out; return whether that is new."""
    found = await session.execute(
        text(
            "INSERT INTO experiment_opt_outs (user_id) VALUES (:user_id) "
            "ON CONFLICT DO NOTHING RETURNING at"
        ),
        {"user_id": user_id},
    )
    return found.one_or_none() is not None


async def remove_opt_out(session: WriteSession, user_id: UUID) -> None:
    """Let a member take part again."""
    await session.execute(
        text("DELETE FROM experiment_opt_outs WHERE user_id = :user_id"), {"user_id": user_id}
    )


async def find_exposure(session: ReadSession, experiment: str, user_id: UUID) -> Any | None:
    """Return what a member has been shown of an experiment."""
    found = await session.execute(
        text(
            "SELECT variant, first_at FROM experiment_exposures "
            "WHERE experiment = :experiment AND user_id = :user_id"
        ),
        {"experiment": experiment, "user_id": user_id},
    )
    return found.one_or_none()


async def count_outcomes(session: ReadSession, experiment: str, hours: int) -> Sequence[Any]:
    """Return, per variant and outcome: members, exposures, members with it, sums."""
    parameters = {"experiment": experiment, "window": timedelta(hours=hours)}
    return (await session.execute(OUTCOMES, parameters)).all()


async def add_watches(session: WriteSession, watches: Sequence[tuple[UUID, int, datetime]]) -> None:
    """Note when members who were ever exposed have watched something."""
    users, movies, ats = (list(column) for column in zip(*watches, strict=True))
    await session.execute(WATCHED, {"users": users, "movies": movies, "ats": ats})
