"""What happens once per DATA_DIR: the first accounts, data to look at, a model trained on it.

Each step is safe to repeat and noted when done, so that a first start that was interrupted goes on.
"""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
from deploy.local import records, terminal
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
    noted: set[str] = set()
    async with httpx.AsyncClient(
        base_url=house.gateway_url,
        headers={"Authorization": f"Bearer {token}", "Cache-Control": "no-cache"},
        timeout=10,
    ) as client:
        while not any(model["active"] for model in await _items(client, "models")):
            for training in await _items(client, "trainings"):
                if training["state"] == "failed" and training["id"] not in noted:
                    noted.add(training["id"])
                    terminal.note(f"a training failed and will be repeated: {training['error']}")
            if time.monotonic() > deadline:
                raise NoModelError(
                    f"no model after {house.settings.model_patience:.0f} s;"
                    f" see {house.settings.logs}/recommender-worker.log"
                )
            await asyncio.sleep(0.5)  # a training says nothing when it ends


async def _items(client: httpx.AsyncClient, kind: str) -> list[dict[str, Any]]:
    """What the recommender lists; nothing while it is busy or away."""
    try:
        answer = await client.get(f"/v1/recommender/{kind}")
    except httpx.TransportError:
        return []
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return []
    items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return items
