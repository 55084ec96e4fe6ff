"""The client."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote
from uuid import UUID

import httpx

from marquee_recommender_client.errors import JobNotSucceeded
from marquee_recommender_client.models import (
    Assignment,
    Experiment,
    Job,
    Model,
    MovieScore,
    Neighbours,
    Report,
    UserRecommendations,
    Variant,
)
from marquee_recommender_client.sending import Sender, Sleep

Movie = int | str
"""A film's id or slug."""
Ratings = Mapping[Movie, float]
"""Who is not in the system: what they think of films."""
Format = Literal["parquet", "csv", "ndjson"]
What = Literal["interactions", "items", "factors", "recommendations"]
Split = Literal["random", "last_out", "users"]
ROOT = "/v1/recommender"


def _given(**values: Any) -> dict[str, Any]:
    """Return what is not None."""
    return {name: value for name, value in values.items() if value is not None}


def _profile(ratings: Ratings | None) -> dict[str, Any] | None:
    if ratings is None:
        return None
    return {"ratings": [{"movie": movie, "value": value} for movie, value in ratings.items()]}


class RecommenderClient:
    """Speaks to the gateway, or to the recommender itself, with a service token."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float = 60.0,
        retries: int = 3,
        transport: httpx.BaseTransport | None = None,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._http = httpx.Client(
            base_url=base_url,
            timeout=timeout,
            transport=transport,
            headers={"Authorization": f"Bearer {token}"},
        )
        self._sleep = sleep
        self._sender = Sender(self._http, retries, sleep)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def recommend(
        self,
        users: Sequence[str] | None = None,
        *,
        ratings: Ratings | None = None,
        limit: int = 20,
        exclude: Sequence[Movie] = (),
        filters: Mapping[str, Any] | None = None,
        reasons: bool = True,
        variant: str | None = None,
    ) -> list[UserRecommendations]:
        """Recommend to members by username or id, or to somebody with these ratings."""
        body = _given(
            users=list(users) if users is not None else None,
            profile=_profile(ratings),
            limit=limit,
            exclude=list(exclude),
            filters=filters,
            reasons=reasons,
            variant=variant,
        )
        answer = self._sender.json("POST", f"{ROOT}/recommend", json=body)
        return [UserRecommendations.model_validate(item) for item in answer["items"]]

    def score(
        self, movies: Sequence[Movie], *, user: str | None = None, ratings: Ratings | None = None
    ) -> list[MovieScore]:
        """Score films for a member, or for somebody with these ratings."""
        body = _given(user=user, profile=_profile(ratings), movies=list(movies))
        answer = self._sender.json("POST", f"{ROOT}/score", json=body)
        return [MovieScore.model_validate(item) for item in answer["items"]]

    def similar(self, movies: Sequence[Movie], *, limit: int = 20) -> list[Neighbours]:
        """Find the neighbours of films."""
        body = {"movies": list(movies), "limit": limit}
        answer = self._sender.json("POST", f"{ROOT}/similar", json=body)
        return [Neighbours.model_validate(item) for item in answer["items"]]

    def models(self) -> Iterator[Model]:
        """Yield the registry's models, newest first."""
        return map(Model.model_validate, self._pages("models"))

    def model(self, version: str) -> Model:
        """Return a model."""
        return Model.model_validate(self._one("models", version))

    def activate(self, version: str) -> Model:
        """Let a model rank."""
        answer = self._sender.json("POST", f"{ROOT}/models/{quote(version, safe='')}/activate")
        return Model.model_validate(answer)

    def train(
        self,
        *,
        parameters: Mapping[str, Any] | None = None,
        tune_seconds: int = 0,
        activation: Literal["when_it_holds", "always", "never"] = "when_it_holds",
    ) -> Job:
        """Start a training."""
        body = {
            "parameters": dict(parameters or {}),
            "tune_seconds": tune_seconds,
            "activation": activation,
        }
        return Job.model_validate(self._sender.json("POST", f"{ROOT}/trainings", json=body))

    def trainings(self) -> Iterator[Job]:
        """Yield trainings, newest first."""
        return map(Job.model_validate, self._pages("trainings"))

    def evaluate(
        self,
        *,
        model: str | None = None,
        split: Split = "last_out",
        seed: int = 7,
        fraction: float = 0.2,
        k: Sequence[int] = (10, 20),
    ) -> Job:
        """Start an evaluation; of the model that ranks unless another is named."""
        body = _given(
            model=model, split={"kind": split, "seed": seed, "fraction": fraction}, k=list(k)
        )
        return Job.model_validate(self._sender.json("POST", f"{ROOT}/evaluations", json=body))

    def evaluations(self) -> Iterator[Job]:
        """Yield evaluations, newest first."""
        return map(Job.model_validate, self._pages("evaluations"))

    def job(self, job: Job) -> Job:
        """Return a training or an evaluation as it is now."""
        return Job.model_validate(self._one(f"{job.kind}s", job.id))

    def cancel(self, job: Job) -> None:
        """Cancel a training or an evaluation."""
        self._sender.json("DELETE", f"{ROOT}/{job.kind}s/{job.id}")

    def wait(self, job: Job, *, every: float = 1.0, timeout: float | None = None) -> Job:
        """Return a job once it has succeeded.

        Raises:
            JobNotSucceeded: it has failed or was cancelled.
            TimeoutError: it has not ended in so many seconds.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while not job.finished:
            if until is not None and time.monotonic() >= until:
                raise TimeoutError
            self._sleep(every)
            job = self.job(job)
        if job.state != "succeeded":
            raise JobNotSucceeded(job.error or job.state)
        return job

    def experiments(self) -> Iterator[Experiment]:
        """Yield experiments, newest first."""
        return map(Experiment.model_validate, self._pages("experiments"))

    def experiment(self, key: str) -> Experiment:
        """Return an experiment."""
        return Experiment.model_validate(self._one("experiments", key))

    def create_experiment(self, key: str, variants: Sequence[Variant], **fields: Any) -> Experiment:
        """Prepare an experiment; `fields` as the API has them, such as `ramp` and `metric`."""
        body = {"key": key, "variants": [each.model_dump() for each in variants], **fields}
        return Experiment.model_validate(
            self._sender.json("POST", f"{ROOT}/experiments", json=body)
        )

    def update_experiment(self, key: str, **changes: Any) -> Experiment:
        """Change an experiment, such as `state="running"`."""
        path = f"{ROOT}/experiments/{quote(key, safe='')}"
        return Experiment.model_validate(self._sender.json("PATCH", path, json=changes))

    def assignment(self, key: str, user: str) -> Assignment:
        """Return what a member gets."""
        return Assignment.model_validate(
            self._one("experiments", key, "/assignment", params={"user": user})
        )

    def report(self, key: str) -> Report:
        """Return what came of an experiment so far."""
        return Report.model_validate(self._one("experiments", key, "/report"))

    def export(
        self,
        what: What,
        *,
        format: Format = "ndjson",  # noqa: A002 - the API's name
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[bytes]:
        """Yield a file's bytes as they come."""
        since_text = since.isoformat() if since else None
        params = _given(format=format, since=since_text, limit=limit)
        with self._sender.stream("GET", f"{ROOT}/exports/{what}", params=params) as response:
            yield from response.iter_bytes()

    def export_to(self, path: str | os.PathLike[str], what: What, **options: Any) -> int:
        """Write a file, whole or not at all; return its size. Options as of `export`."""
        target = Path(path)
        part = target.with_name(f"{target.name}.part")
        try:
            with part.open("wb") as file:
                size = sum(file.write(chunk) for chunk in self.export(what, **options))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return size

    def _one(self, kind: str, name: str | UUID, rest: str = "", **options: Any) -> Any:
        path = f"{ROOT}/{kind}/{quote(str(name), safe='')}{rest}"
        return self._sender.json("GET", path, **options)

    def _pages(self, kind: str) -> Iterator[Any]:
        cursor: str | None = None
        while True:
            params = _given(limit=100, cursor=cursor)
            page = self._sender.json("GET", f"{ROOT}/{kind}", params=params)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return
