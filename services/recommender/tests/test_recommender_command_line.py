import asyncio
import json
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


async def test_models_exports_and_explanations(
    context: Any, fill: Any, install: Any, tmp_path: Any
) -> None:
    await fill()
    path = tmp_path / "out" / "factors.ndjson"
    path.parent.mkdir()
    code, said = await run(context, "export", "factors", str(path))
    assert (code, "No model" in said, path.exists()) == (1, True, False)
    version = await install()
    code, said = await run(context, "models", "--json")
    assert (code, [each["version"] for each in json.loads(said)]) == (0, [version])
    code, said = await run(context, "models")
    assert (code, "ndcg@10" in said) == (0, True)
    code, said = await run(context, "export", "factors", str(path))
    assert code == 0, said
    assert len(path.read_text().splitlines()) == 40
    assert not path.with_name("factors.ndjson.part").exists()
    code, said = await run(context, "explain", "member2", "film-1", "--json")
    assert (code, json.loads(said)["movie"]["slug"]) == (0, "film-1")
    by_slug, by_id = [await run(context, "explain", "member2", film) for film in ("film-1", "1")]
    assert by_slug == by_id
    assert "linear" in by_slug[1]
    for wrong in (("nobody", "film-1"), ("member2", "nonesuch")):
        code, said = await run(context, "explain", *wrong)
        assert (code, "There is no" in said) == (1, True)
