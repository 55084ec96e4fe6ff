from typing import Any

import pytest
from test_recommender_trainings import SCIENTIST, SMALL, read

from marquee_recommender.app import SERVICE
from marquee_recommender.models import repository as models
from marquee_recommender.models.gate import judge
from marquee_recommender.trainings.schemas import TrainingCreate
from marquee_recommender.trainings.service import create_training
from marquee_shared.jobs import run_job


def figures(value: float, half: float = 0.02, popularity: float = 0.01) -> dict[str, Any]:
    estimate = {"value": value, "low": value - half, "high": value + half}
    low = {"value": popularity, "low": popularity, "high": popularity}
    return {
        "split": "last_out",
        "metrics": {"ndcg@20": estimate},
        "rankers": {"popularity": {"ndcg@20": low}},
    }


@pytest.mark.parametrize(
    ("candidate", "active", "holds"),
    [
        (figures(0.10), None, True),
        (figures(0.10), figures(0.10), True),
        (figures(0.09), figures(0.10), True),  # less, but chance may explain it
        (figures(0.09, half=0.001), figures(0.10), False),
        (figures(0.097, half=0.001), figures(0.10), True),  # less by little
        (figures(0.10, popularity=0.2), None, False),
        (figures(0.01) | {"split": "random"}, figures(0.10), True),  # not comparable
        ({}, figures(0.10), True),
    ],
)
def test_a_model_is_held_against_the_active_one_and_popularity(
    candidate: dict[str, Any], active: dict[str, Any] | None, holds: bool
) -> None:
    assert judge(candidate, active).holds is holds


async def train(context: Any, activation: str = "when_it_holds") -> dict[str, Any]:
    async with context.database.transaction() as session:
        wanted = TrainingCreate(parameters=SMALL, activation=activation)  # type: ignore[arg-type]
        training = await create_training(session, context, "request", wanted)
    await run_job(context, SERVICE.jobs, training)
    job = await read(context, training)
    assert job.state == "succeeded", job.error
    assert job.result is not None
    return job.result


@pytest.fixture
def evaluated(context: Any, monkeypatch: Any) -> None:
    settings = context.settings.model_copy(update={"evaluation_rows": 100_000})
    monkeypatch.setattr(context, "settings", settings)


@pytest.mark.usefixtures("evaluated")
async def test_a_worse_model_is_kept_but_does_not_rank(
    context: Any, fill: Any, client: Any, authorization: Any
) -> None:
    await fill()
    good = (await train(context))["model"]
    async with context.database.transaction() as session:  # as if it had been far better
        row = await models.find_model(session, good)
        assert row is not None
        perfect = {"value": 0.99, "low": 0.98, "high": 1.0}
        metrics = row.metrics | {"metrics": row.metrics["metrics"] | {"ndcg@20": perfect}}
        await models.set_metrics(session, good, metrics)
    result = await train(context)
    assert result["decision"] == "refused"
    headers = authorization(**SCIENTIST)
    listed = (await client.get("/v1/recommender/models", headers=headers)).json()["items"]
    assert [(m["version"], m["active"]) for m in listed] == [
        (result["model"], False),
        (good, True),
    ]
    gate = listed[0]["gate"]
    assert gate["decision"] == "refused"
    broken = [finding["metric"] for finding in gate["findings"] if not finding["holds"]]
    assert broken == ["ndcg@20"]
    # By hand, or asked for beforehand, it ranks all the same.
    overridden = await train(context, "always")
    assert overridden["decision"] == "activated"
    kept = await train(context, "never")
    assert kept["decision"] == "kept"
    headers = authorization(**SCIENTIST)
    listed = (await client.get("/v1/recommender/models", headers=headers)).json()["items"]
    assert [m["version"] for m in listed if m["active"]] == [overridden["model"]]


@pytest.mark.usefixtures("evaluated")
async def test_the_report_shows_the_figures_and_escapes(
    context: Any, fill: Any, client: Any, authorization: Any
) -> None:
    await fill()
    version = (await train(context))["model"]
    headers = authorization(**SCIENTIST)
    model = (await client.get(f"/v1/recommender/models/{version}", headers=headers)).json()
    assert model["report"] == f"/v1/recommender/models/{version}/report"
    async with context.database.transaction() as session:
        row = await models.find_model(session, version)
        assert row is not None
        ranker = row.metrics["rankers"]["blend"]
        rankers = row.metrics["rankers"] | {"<script>alert(1)</script>": ranker}
        await models.set_metrics(session, version, row.metrics | {"rankers": rankers})
    answer = await client.get(model["report"], headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = answer.text
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    for heading in ("Accuracy", "Cold start", "Beyond accuracy", "Drift", "Parameters"):
        assert f"<h2>{heading}</h2>" in page
    assert page.count("<svg") >= 6
    assert f"{model['metrics']['metrics']['ndcg@20']['value']:.4g}" in page
    for path, status in (("nonesuch", 404), (version, 403)):
        headers = authorization(**SCIENTIST) if status == 404 else authorization()
        url = f"/v1/recommender/models/{path}/report"
        assert (await client.get(url, headers=headers)).status_code == status


async def test_the_last_two_that_ranked_outlive_newer_ones(
    context: Any, install: Any, monkeypatch: Any
) -> None:
    first, second = await install(), await install()
    newer = [await install(active=False) for _ in range(3)]
    async with context.database.transaction() as session:
        assert set(await models.drop_old(session, 1)) == set(newer[:2])
    async with context.database.reading() as session:
        assert await models.all_versions(session) == {first, second, newer[-1]}
