"""What happens once per DATA_DIR: the first accounts, data to look at, a model trained on it.

Each step is safe to repeat and noted when done, so that a first start that was interrupted goes on.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
from deploy.local import records
from deploy.local.house import House

Step = Callable[[str], AbstractContextManager[None]]


class NoModelError(RuntimeError):
    """Training did not come to an end in the time it was given."""


async def first_start(house: House, step: Step) -> None:
    """Make accounts, import, wait for the first model; skips what an earlier start has done."""
    settings = house.settings
    state_file = settings.data_dir / "state.json"
    if not settings.credentials.exists():
        with step("An administrator and a service token"):
            await house.run_service_command(
                "identity",
                "bootstrap",
                *("--credentials", str(settings.credentials)),
                log_name="identity-bootstrap.log",
            )
    seeded = records.read(state_file).get("seeded", [])
    source = ["movielens", str(settings.movielens)] if settings.movielens else ["sample"]
    if source not in seeded and (settings.movielens or not seeded):
        # No step around it: the import draws its own progress on our terminal.
        await house.run_service_command("catalog", "import", *source)
        records.write(state_file, {**records.read(state_file), "seeded": [*seeded, source]})
    if not records.read(state_file).get("trained"):
        with step("The first model"):
            await _wait_for_model(house)
        records.write(state_file, {**records.read(state_file), "trained": True})


async def _wait_for_model(house: House) -> None:
    token = json.loads(house.settings.credentials.read_text())["service_token"]
    deadline = time.monotonic() + house.settings.model_patience
    async with httpx.AsyncClient(
        base_url=house.gateway_url, headers={"Authorization": f"Bearer {token}"}, timeout=10
    ) as client:
        async for models in _models(client):
            if any(model["active"] for model in models):
                return
            if time.monotonic() > deadline:
                raise NoModelError(
                    f"no model after {house.settings.model_patience:.0f} s;"
                    f" see {house.settings.logs}/recommender-worker.log"
                )


async def _models(client: httpx.AsyncClient) -> AsyncIterator[list[dict[str, Any]]]:
    while True:
        answer = await client.get("/v1/recommender/models", headers={"Cache-Control": "no-cache"})
        if answer.is_success:
            yield answer.json()["items"]
        elif answer.is_client_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
            answer.raise_for_status()
        await asyncio.sleep(0.5)
