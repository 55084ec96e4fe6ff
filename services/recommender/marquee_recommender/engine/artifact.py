"""A model on disk: plain arrays, one JSON manifest, a sha256 for every byte; never pickle."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marquee_recommender.engine.content import Content
from marquee_recommender.engine.errors import ArtifactInvalid, ParametersInvalid
from marquee_recommender.engine.factors import CONVENTION, Factors
from marquee_recommender.engine.model import Model
from marquee_recommender.engine.parameters import Parameters
from marquee_recommender.engine.sequence import Transitions
from marquee_recommender.engine.shortlist import Cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 1
MANIFEST = "manifest.json"
FEATURES = "features.json"
CONTENT_ARRAYS = (
    "item_starts",
    "item_features",
    "item_weights",
    "starts",
    "items",
    "weights",
    "embeddings",
)
CELL_ARRAYS = ("centres", "starts", "items")
NEIGHBOUR_ARRAYS = ("starts", "targets", "weights")
FACTOR_NUMBERS = ("confidence", "regularization", "power", "offset", "norm")


def save(model: Model, folder: Path) -> dict[str, Any]:
    """Write every array, then the manifest: a folder without one is not a model.

    Returns the manifest; its `checksum` is over the sorted checksums of the files.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, NDArray[Any]] = {
        "item_ids": model.item_ids,
        "counts": model.counts,
        "linear": model.linear,
        "popularity": model.popularity,
        "trending": model.trending,
        "factors_items": model.factors.items,
        "factors_gram": model.factors.gram,
    }
    arrays |= {f"content_{name}": getattr(model.content, name) for name in CONTENT_ARRAYS}
    for kind, neighbours in (("sequence", model.sequence), ("session", model.session)):
        if neighbours is not None:
            arrays |= {f"{kind}_{name}": getattr(neighbours, name) for name in NEIGHBOUR_ARRAYS}
    for kind, cells in model.cells.items():
        arrays |= {f"cells_{kind}_{name}": getattr(cells, name) for name in CELL_ARRAYS}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
    (folder / FEATURES).write_text(
        json.dumps({"kinds": model.content.kinds, "names": model.content.names}),
        encoding="utf-8",
    )
    names = sorted([*(f"{name}.npy" for name in arrays), FEATURES])
    files = {
        name: {"sha256": sha256(folder / name), "bytes": (folder / name).stat().st_size}
        for name in names
    }
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "engine": model.factors.engine,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_version": code_version(),
        "regularization_convention": CONVENTION,
        "alpha": model.factors.confidence,
        "alpha_convention": "implicit: confidence c = alpha * value, 1 where unobserved",
        "factors": {name: getattr(model.factors, name) for name in FACTOR_NUMBERS},
        "id_map": {"file": "item_ids.npy", "meaning": "item id by row of every array"},
        "scales": model.scales,
        "parameters": model.parameters.to_dict(),
        "data": model.data,
        "metrics": model.metrics,
        "trials": model.trials,
        "distributions": model.distributions,
        "files": files,
    }
    manifest["checksum"] = checksum_of(manifest)
    temporary = folder / f"{MANIFEST}.new"
    temporary.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    temporary.replace(folder / MANIFEST)
    model.checksum = str(manifest["checksum"])
    return manifest


def load(folder: Path) -> Model:
    """Verify every file against the manifest, then memory-map the arrays.

    Raises:
        ArtifactInvalid: anything missing, unreadable, changed, or of another format.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    for name, expected in manifest["files"].items():
        path = folder / name
        if path.parent != folder or not path.is_file():
            raise ArtifactInvalid(f"{name} is missing")
        if path.stat().st_size != expected["bytes"] or sha256(path) != expected["sha256"]:
            raise ArtifactInvalid(f"{name} is not what the manifest describes")
    try:
        return _assemble(folder, manifest)
    except (KeyError, TypeError, ValueError, OSError, ParametersInvalid) as error:
        raise ArtifactInvalid(f"the artifact cannot be read: {error}") from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest alone, its own checksum and format verified; raises `ArtifactInvalid`."""
    try:
        manifest = json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactInvalid(f"no readable manifest in {folder}: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ArtifactInvalid("the manifest is of another format")
    if manifest.get("checksum") != checksum_of(manifest):
        raise ArtifactInvalid("the manifest was changed after it was written")
    return manifest


def checksum_of(manifest: dict[str, Any]) -> str:
    """sha256 of the manifest without its own checksum (file checksums are part of it)."""
    body = {key: value for key, value in manifest.items() if key != "checksum"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def sha256(path: Path) -> str:
    """Hex digest of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_version() -> str:
    """Version of the installed package, `unknown` when run from bare sources."""
    try:
        return version("marquee-recommender")
    except PackageNotFoundError:
        return "unknown"


def _assemble(folder: Path, manifest: dict[str, Any]) -> Model:
    def array(name: str) -> NDArray[Any]:
        mapped: NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        return np.asarray(mapped)

    features = json.loads((folder / FEATURES).read_text(encoding="utf-8"))
    content = Content(
        kinds=features["kinds"],
        names=features["names"],
        **{name: array(f"content_{name}") for name in CONTENT_ARRAYS},
    )

    def neighbours(kind: str) -> Transitions | None:
        if f"{kind}_starts.npy" not in manifest["files"]:
            return None
        return Transitions(**{name: array(f"{kind}_{name}") for name in NEIGHBOUR_ARRAYS})

    return Model(
        item_ids=array("item_ids"),
        counts=array("counts"),
        linear=array("linear"),
        factors=Factors(
            items=array("factors_items"),
            gram=array("factors_gram"),
            **{name: float(manifest["factors"][name]) for name in FACTOR_NUMBERS},
            engine=str(manifest["engine"]),
        ),
        sequence=neighbours("sequence"),
        session=neighbours("session"),
        content=content,
        popularity=array("popularity"),
        trending=array("trending"),
        cells={
            kind: Cells(**{name: array(f"cells_{kind}_{name}") for name in CELL_ARRAYS})
            for kind in ("factors", "content")
            if f"cells_{kind}_starts.npy" in manifest["files"]
        },
        scales=manifest["scales"],
        parameters=Parameters.from_dict(manifest["parameters"]),
        data=manifest["data"],
        metrics=manifest["metrics"],
        trials=manifest["trials"],
        distributions=manifest.get("distributions", {}),
        checksum=manifest["checksum"],
    )
