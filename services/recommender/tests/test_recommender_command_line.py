import asyncio
import os
import sys
from typing import Any


async def run(context: Any, *arguments: str) -> tuple[int, str]:
    """Run a command of the service as a process of its own; return its code and what it says."""
    settings = context.settings
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "DATA_DIR": str(settings.data_dir),
        "EVALUATION_ROWS": "100000",
        "ENVIRONMENT": "test",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "marquee_recommender", *arguments),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_train_ends_with_a_model_and_its_figures(context: Any, fill: Any) -> None:
    code, said = await run(context, "train")
    assert (code, "no interactions" in said) == (1, True)
    await fill()
    code, said = await run(context, "train")
    assert code == 0, said
    assert "ranks now" in said
    assert "ndcg@10" in said
    assert await run(context, "republish") == (0, "1 events published\n")
