import asyncio
from typing import Any

from fastapi import FastAPI

from marquee_recommender.app import SERVICE
from marquee_shared import migrations

OPERATIONS = "/v1/operations/recommender"
"""Every service has these; `marquee_shared` holds them."""
ROUTES = {
    "/v1/discover",
    "/v1/me/home",
    "/v1/me/recommendations",
    "/v1/recommendations/group",
    "/v1/movies/{slug}/similar",
    "/v1/movies/{slug}/why",
    "/v1/trending",
    "/v1/recommender/models",
    "/v1/recommender/models/{version}",
    "/v1/recommender/models/{version}/activate",
    "/v1/recommender/models/{version}/report",
    "/v1/recommender/trainings",
    "/v1/recommender/trainings/{training_id}",
    "/v1/recommender/recommend",
    "/v1/recommender/score",
    "/v1/recommender/similar",
    "/v1/me/recommendation-events",
    "/v1/me/experiments",
    "/v1/me/experiments/opt-out",
    "/v1/recommender/evaluations",
    "/v1/recommender/evaluations/{evaluation_id}",
    "/v1/recommender/exports/{what}",
    "/v1/recommender/experiments",
    "/v1/recommender/experiments/{key}",
    "/v1/recommender/experiments/{key}/assignment",
    "/v1/recommender/experiments/{key}/report",
}


async def test_tables_and_models_are_equal(migrated_url: str) -> None:
    await asyncio.to_thread(migrations.check, SERVICE.package, migrated_url)


async def test_every_route_is_documented(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    own = {path for path in paths if not path.startswith(OPERATIONS)}
    assert own == ROUTES
    for operations in paths.values():
        for method, operation in operations.items():
            assert operation["description"]
            success = {status for status in operation["responses"] if status.startswith("2")}
            assert len(success) == 1 or (method == "put" and success == {"200", "201"})


async def test_answers_are_as_documented(client: Any, world: Any, authorization: Any) -> None:
    from jsonschema import Draft202012Validator

    document = (client._transport.app).openapi()

    def check(path: str, body: Any) -> None:
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        whole = {**schema["schema"], "components": document["components"]}
        Draft202012Validator(whole).validate(body)

    headers = authorization()
    scientist = authorization(scope="recommender")
    for path, asked, who in (
        ("/v1/me/recommendations", "/v1/me/recommendations", headers),
        ("/v1/me/home", "/v1/me/home", headers),
        ("/v1/movies/{slug}/similar", "/v1/movies/film-1/similar", {}),
        ("/v1/movies/{slug}/why", "/v1/movies/film-1/why", headers),
        ("/v1/trending", "/v1/trending", {}),
        ("/v1/recommender/models", "/v1/recommender/models", scientist),
        ("/v1/recommender/trainings", "/v1/recommender/trainings", scientist),
    ):
        answer = await client.get(asked, headers=who)
        assert answer.status_code == 200, answer.text
        check(path, answer.json())
    assert world.loaded


async def test_the_data_team_reads_its_routes_on_this_port(client: Any) -> None:
    answer = await client.get("/docs")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for path in ROUTES:
        assert path in answer.text
    schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
    for name in (
        "RecommendBatch",
        "ScoreBatch",
        "SimilarBatch",
        "TrainingCreate",
        "EvaluationCreate",
        "ExperimentCreate",
        "ExperimentUpdate",
        "FeedbackBatch",
    ):
        assert schemas[name]["examples"], name
