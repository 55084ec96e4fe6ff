from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from recommender_world import MEMBERS, ROMANCE, member, rating
from test_recommender_storage import trained

from marquee_recommender.engine.drift import psi
from marquee_recommender.models import repository
from marquee_recommender.models.drift import THRESHOLD, watch_drift
from marquee_shared.events.recommender import DriftDetected


def test_the_index_is_nothing_for_the_same_and_grows_with_the_distance() -> None:
    then = {"a": 500, "b": 300, "c": 200}
    assert psi(then, {name: n / 10 for name, n in then.items()}) < 0.01
    assert psi(then, {"a": 400, "b": 350, "c": 250}) < 0.1
    assert psi(then, {"a": 100, "b": 100, "c": 800}) > 1
    assert np.isfinite(psi(then, {"d": 100}))
    assert psi(then, {}) == 0


async def ratings(deliver: Any, films: list[int], value: float, rows: int) -> None:
    """Members rate these films this way, after everything the model knows."""
    random = np.random.default_rng(1)
    pairs = {(int(random.integers(MEMBERS)), int(random.choice(films))) for _ in range(rows * 3)}
    at = datetime(2026, 7, 1, tzinfo=UTC)
    await deliver(
        *(
            (rating(n, film, value, user_id=member(n), rated_at=at + timedelta(minutes=k)), 5)
            for k, (n, film) in enumerate(sorted(pairs)[:rows])
        )
    )


async def drift(context: Any, version: str) -> dict[str, Any]:
    await watch_drift(context)
    async with context.database.reading() as session:
        row = await repository.find_model(session, version)
    assert row is not None
    found: dict[str, Any] = row.drift
    return found


async def test_without_a_model_or_news_nothing_is_measured(
    context: Any, fill: Any, deliver: Any
) -> None:
    await watch_drift(context)
    await fill()
    version = await trained(context)
    assert await drift(context, version) == {}
    await ratings(deliver, list(ROMANCE), 4.5, 50)  # too few to tell anything
    assert await drift(context, version) == {}


async def test_a_drift_is_measured_and_told_once(
    context: Any, fill: Any, deliver: Any, sink: Any
) -> None:
    await fill()
    version = await trained(context)
    await ratings(deliver, list(ROMANCE), 1.0, 260)
    found = await drift(context, version)
    assert set(found["psi"]) == {"ratings", "popularity", "genres", "scores"}
    assert found["psi"]["ratings"] > THRESHOLD
    assert found["psi"]["genres"] > THRESHOLD
    assert found["interactions"] == 260
    again = await drift(context, version)
    assert again["checks"] == 2
    told = [event.data for event in await sink.events(DriftDetected)]
    names = [data.distribution for data in told]
    assert len(names) == len(set(names))
    assert {"ratings", "genres"} <= set(names)
    assert all(data.version == version and data.psi >= data.threshold for data in told)


@pytest.mark.usefixtures("fill")
async def test_a_model_keeps_what_it_was_trained_on(context: Any, fill: Any) -> None:
    from marquee_recommender.engine import Model

    await fill()
    version = await trained(context)
    kept = Model.load(context.settings.models_dir / version).distributions
    counts = kept["counts"]
    assert sum(counts["ratings"].values()) == sum(counts["popularity"].values()) == MEMBERS * 12
    assert set(counts["genres"]) == {"crime", "romance"}
    assert len(kept["score_edges"]) == 9
    assert sum(counts["scores"].values()) > 0
