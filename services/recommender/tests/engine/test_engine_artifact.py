from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from marquee_recommender.engine import ArtifactInvalid, Event, Model, Profile
from marquee_recommender.engine.artifact import MANIFEST, read_manifest

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = Profile([Event(100, value=5.0, at=1.0), Event(205, value=4.0, at=2.0)])


def test_a_loaded_model_answers_like_the_saved_one(model: Model, tmp_path: Path) -> None:
    manifest = model.save(tmp_path / "v1")
    loaded = Model.load(tmp_path / "v1")
    assert loaded.recommend(PROFILE, 10) == model.recommend(PROFILE, 10)
    assert loaded.similar(100) == model.similar(100)
    assert loaded.checksum == manifest["checksum"] == model.checksum
    assert loaded.parameters == model.parameters
    assert loaded.data == model.data


def test_the_manifest_tells_the_recipe(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path)
    manifest = read_manifest(tmp_path)
    assert manifest["engine"] == "implicit"
    assert manifest["alpha"] == model.factors.confidence
    assert "sum w h ht" in manifest["regularization_convention"]
    assert manifest["data"]["interactions"] == model.data["interactions"]
    assert set(manifest["files"]) == {p.name for p in tmp_path.iterdir()} - {MANIFEST}


def test_arrays_are_mapped_and_never_written_to(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path)
    loaded = Model.load(tmp_path)
    assert not loaded.linear.flags.writeable
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    loaded.recommend(PROFILE, 20, exclude=[101])
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    "name", ["linear.npy", "factors_items.npy", "features.json", "item_ids.npy"]
)
def test_a_changed_byte_is_refused(model: Model, tmp_path: Path, name: str) -> None:
    model.save(tmp_path)
    content = bytearray((tmp_path / name).read_bytes())
    content[-3] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ArtifactInvalid, match=name):
        Model.load(tmp_path)


def test_a_missing_or_short_file_is_refused(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path)
    data = (tmp_path / "linear.npy").read_bytes()
    (tmp_path / "linear.npy").write_bytes(data[:-8])
    with pytest.raises(ArtifactInvalid, match="linear"):
        Model.load(tmp_path)
    (tmp_path / "linear.npy").unlink()
    with pytest.raises(ArtifactInvalid, match="missing"):
        Model.load(tmp_path)


def test_an_edited_manifest_is_refused(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path)
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    manifest["parameters"]["recency_decay"] = 0.1
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ArtifactInvalid, match="changed"):
        Model.load(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99}', "\x00"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(ArtifactInvalid):
        Model.load(tmp_path)
    with pytest.raises(ArtifactInvalid):
        Model.load(tmp_path / "nowhere")


def test_a_manifest_cannot_point_outside_its_folder(model: Model, tmp_path: Path) -> None:
    from marquee_recommender.engine.artifact import checksum_of

    model.save(tmp_path / "v1")
    outside = tmp_path / "other.npy"
    np.save(outside, np.zeros(1))
    manifest = json.loads((tmp_path / "v1" / MANIFEST).read_text())
    manifest["files"]["../other.npy"] = {"sha256": "", "bytes": outside.stat().st_size}
    manifest["checksum"] = checksum_of(manifest)
    (tmp_path / "v1" / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ArtifactInvalid):
        Model.load(tmp_path / "v1")


def test_pickled_arrays_are_never_read(model: Model, tmp_path: Path) -> None:
    from marquee_recommender.engine.artifact import checksum_of, sha256

    model.save(tmp_path)
    np.save(tmp_path / "item_ids.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    path = tmp_path / "item_ids.npy"
    manifest["files"][path.name] = {"sha256": sha256(path), "bytes": path.stat().st_size}
    manifest["checksum"] = checksum_of(manifest)
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ArtifactInvalid, match="cannot be read"):
        Model.load(tmp_path)
