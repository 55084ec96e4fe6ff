import resource
import shutil
from pathlib import Path
from typing import Any

import pytest
from test_recommender_trainings import begin, read

from marquee_recommender.app import SERVICE
from marquee_recommender.models.active import ActiveModelHolder
from marquee_recommender.models.storage import open_artifacts
from marquee_shared.jobs import run_job


@pytest.fixture
def bucket(context: Any, monkeypatch: Any, tmp_path: Path) -> Path:
    """A store of its own, as a deployment of several machines has."""
    folder = tmp_path / "bucket"
    (folder / "models").mkdir(parents=True)
    settings = context.settings.model_copy(update={"storage_url": folder.as_uri()})
    monkeypatch.setattr(context, "settings", settings)
    return folder


async def trained(context: Any) -> str:
    training = await begin(context)
    await run_job(context, SERVICE.jobs, training)
    job = await read(context, training)
    assert job.state == "succeeded", job.error
    assert job.result is not None
    return str(job.result["model"])


def break_store(folder: Path) -> None:
    """Leave a file where the store was."""
    shutil.rmtree(folder)
    folder.write_text("")


def holder_elsewhere(context: Any, folder: Path) -> ActiveModelHolder:
    """The holder of an API process on another machine."""
    return ActiveModelHolder(context.database, folder, open_artifacts(context.settings))


async def test_another_machine_fetches_the_model_and_serves_it(
    context: Any, fill: Any, bucket: Path, tmp_path: Path
) -> None:
    await fill()
    version = await trained(context)
    assert (bucket / "models" / version / "manifest.json").is_file()
    holder = holder_elsewhere(context, tmp_path / "elsewhere")
    await holder.follow()
    assert holder.current is not None
    assert holder.current.version == version
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == [version]


@pytest.mark.parametrize("harm", ["changed", "swapped", "gone"])
async def test_what_the_store_cannot_vouch_for_is_refused(
    context: Any, fill: Any, bucket: Path, tmp_path: Path, harm: str
) -> None:
    await fill()
    good = await trained(context)
    bad = await trained(context)
    stored = bucket / "models" / bad
    if harm == "changed":
        weights = bytearray((stored / "linear.npy").read_bytes())
        weights[-1] ^= 1
        (stored / "linear.npy").write_bytes(weights)
    elif harm == "swapped":  # whole and consistent, but not the one that was registered
        shutil.rmtree(stored)
        shutil.copytree(bucket / "models" / good, stored)
        manifest = (stored / "manifest.json").read_text()
        assert manifest
    else:
        shutil.rmtree(stored)
    holder = holder_elsewhere(context, tmp_path / "elsewhere")
    await holder.follow()
    assert holder.current is not None
    assert holder.current.version == good


async def test_without_its_store_a_training_fails_and_leaves_nothing(
    context: Any, fill: Any, bucket: Path
) -> None:
    await fill()
    break_store(bucket)
    training = await begin(context)
    await run_job(context, SERVICE.jobs, training)
    job = await read(context, training)
    assert job.state == "failed"
    assert "store" in (job.error or "")
    assert list(context.settings.models_dir.iterdir()) == []


async def test_a_full_disk_fails_the_training_in_words(context: Any, fill: Any) -> None:
    await fill()
    training = await begin(context)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, before[1]))
    try:
        await run_job(context, SERVICE.jobs, training)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    job = await read(context, training)
    assert job.state == "failed"
    assert "could not be" in (job.error or "")
    assert list(context.settings.models_dir.iterdir()) == []


async def test_old_artifacts_leave_the_disk_and_the_store(
    context: Any, fill: Any, bucket: Path, monkeypatch: Any
) -> None:
    settings = context.settings.model_copy(update={"models_kept": 1})
    monkeypatch.setattr(context, "settings", settings)
    await fill()
    versions = [await trained(context) for _ in range(4)]
    for folder in (context.settings.models_dir, bucket / "models"):
        left = {path.name for path in folder.iterdir() if any(path.iterdir())}
        assert left == set(versions[-3:])  # the newest, and the two that had ranked before it
