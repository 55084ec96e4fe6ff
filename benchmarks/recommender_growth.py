"""How a recommendation's time and memory grow with the catalog: 10k, 100k, 1M synthetic items.

For each size a process of its own writes an artifact of synthetic arrays in the shape a training
leaves behind, loads it memory-mapped, and answers requests one at a time for members with 60
films: fold-in, blend, diversity and reasons included, everything but the database read. Prints a
table and draws `docs/assets/recommender-growth.png`.

    python benchmarks/recommender_growth.py [--sizes 10000,100000,1000000] [--requests 200]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from marquee_recommender.engine import (
    Event,
    Model,
    Parameters,
    Profile,
    serve_on_one_thread,
)
from marquee_recommender.engine.content import Content
from marquee_recommender.engine.factors import Factors
from marquee_recommender.engine.popularity import popularity
from marquee_recommender.engine.sequence import Transitions
from marquee_recommender.engine.training import large_catalog_cells

ROOT = Path(__file__).resolve().parents[1]
PLOT = ROOT / "docs" / "assets" / "recommender-growth.png"
FACTORS = 128
EMBEDDING = 64
KINDS = 60
"""Tastes that the synthetic items fall into."""
FILMS = 60
BUDGET_MS = 8.0


def synthetic(items: int, seed: int = 0) -> Model:
    """A model of random arrays: clustered factors, Zipf counts, genres, directors, neighbours."""
    random = np.random.default_rng(seed)
    kind = random.integers(0, KINDS, items)
    counts = np.floor(5e6 / np.arange(1, items + 1) ** 0.9).astype(np.int64) + 1
    factors = clustered(random, kind, FACTORS)
    factors *= (0.2 + popularity(counts.astype(np.float64)))[:, None]
    embeddings = clustered(random, kind, EMBEDDING)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    listed = min(items, Parameters().linear_items)
    linear = random.normal(0, 0.01, (listed, listed)).astype(np.float32)
    np.fill_diagonal(linear, 0)
    model = Model(
        item_ids=np.arange(1, items + 1),
        counts=counts,
        linear=linear,
        factors=Factors(factors, factors.T @ factors, 4.0, 20.0, 0.5, items / 3, items / 3),
        sequence=neighbours(random, kind),
        session=neighbours(random, kind),
        content=features(random, kind, embeddings),
        popularity=popularity(counts.astype(np.float64)),
        trending=random.random(items, dtype=np.float32),
        scales={"linear": 0.06, "factors": 0.09, "sequence": 0.03, "session": 0.004}
        | {"features": 0.07, "embedding": 0.08, "popularity": 0.2, "trending": 0.1},
        parameters=Parameters(),
        data={"interactions": int(counts.sum()), "users": 1_000_000, "items": items},
    )
    if items > model.parameters.exhaustive_items:
        model.cells = large_catalog_cells(model, model.parameters)
    return model


def clustered(
    random: np.random.Generator, kind: NDArray[np.int64], width: int
) -> NDArray[np.float32]:
    """Rows near the centre of their kind, float32 [items, width]."""
    centres = random.normal(0, 1, (KINDS, width)).astype(np.float32)
    rows: NDArray[np.float32] = centres[kind]
    rows += 0.8 * random.standard_normal(rows.shape, dtype=np.float32)
    return rows / np.float32(width**0.5)


def neighbours(random: np.random.Generator, kind: NDArray[np.int64]) -> Transitions:
    """Neighbours of each item, mostly popular ones; fewer each where there are very many items."""
    items = len(kind)
    each = 200 if items <= 100_000 else 50
    targets = (items * random.random((items, each), dtype=np.float32) ** 3).astype(np.int32)
    targets.sort(axis=1)
    return Transitions(
        starts=np.arange(0, items * each + 1, each, dtype=np.int64),
        targets=targets.ravel(),
        weights=random.random(items * each, dtype=np.float32) * np.float32(0.01),
    )


def features(
    random: np.random.Generator, kind: NDArray[np.int64], embeddings: NDArray[np.float32]
) -> Content:
    """Two genres, a decade and a director for each item."""
    from scipy import sparse  # noqa: PLC0415  # only the building process needs it

    items = len(kind)
    directors = max(items // 20, 1)
    columns = np.stack(
        [
            kind % 20,
            20 + random.integers(0, 20, items),
            40 + random.integers(0, 10, items),
            50 + random.integers(0, directors, items),
        ],
        axis=1,
    )
    columns.sort(axis=1)
    matrix = sparse.csr_matrix(
        (np.full(items * 4, 0.5, np.float32), columns.ravel(), np.arange(0, items * 4 + 1, 4)),
        shape=(items, 50 + directors),
    )
    by_feature = matrix.tocsc()
    kinds = ["genre"] * 40 + ["decade"] * 10 + ["director"] * directors
    return Content(
        kinds=kinds,
        names=[f"{k} {n}" for n, k in enumerate(kinds)],
        item_starts=matrix.indptr.astype(np.int64),
        item_features=matrix.indices.astype(np.int32),
        item_weights=matrix.data,
        starts=by_feature.indptr.astype(np.int64),
        items=by_feature.indices.astype(np.int32),
        weights=by_feature.data,
        embeddings=embeddings,
    )


def measure(items: int, requests: int) -> dict[str, Any]:
    """Build, save, load, and time single requests; run in a process of its own."""
    serve_on_one_thread()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, __file__, "--build", str(items), "--folder", folder], check=True
        )
        started = time.perf_counter()
        model = Model.load(Path(folder))
        loaded = time.perf_counter() - started
        random = np.random.default_rng(1)
        members = [
            Profile(
                [
                    Event(int(item) + 1, value=4.0, at=float(step))
                    for step, item in enumerate((items * random.random(FILMS) ** 3).tolist())
                ]
            )
            for _ in range(requests)
        ]
        model.recommend(members[0], 20)
        times, busy = [], []
        for member in members:
            started, worked = time.perf_counter(), time.process_time()
            model.recommend(member, 20)
            times.append((time.perf_counter() - started) * 1000)
            busy.append((time.process_time() - worked) * 1000)
        return {
            "items": items,
            "interactions": model.data["interactions"],
            "p50": float(np.median(times)),
            "p99": float(np.quantile(times, 0.99)),
            "cpu": float(np.median(busy)),
            "load": loaded,
            "own": memory("RssAnon"),
            "mapped": memory("RssFile"),
            "artifact": sum(path.stat().st_size for path in Path(folder).iterdir()) / 2**20,
        }


def memory(field: str) -> float:
    """A figure of this process from the kernel, in MB: RssAnon is its own, RssFile shared."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Time and memory over items, both axes logarithmic, with the budget at 10k."""
    import matplotlib as mpl  # noqa: PLC0415  # the measured process stays small

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    sizes = [row["items"] for row in rows]
    for name, marker in (("p50", "o"), ("p99", "s"), ("cpu", "^")):
        left.loglog(sizes, [row[name] for row in rows], marker=marker, label=name)
    left.axhline(BUDGET_MS, color="grey", linestyle=":", label=f"{BUDGET_MS:.0f} ms")
    left.set(title="One recommendation, reasons included", xlabel="items", ylabel="ms")
    for name, label in (("own", "own memory"), ("mapped", "mapped, shared"), ("artifact", "disk")):
        right.loglog(sizes, [row[name] for row in rows], marker="o", label=label)
    right.set(title="Memory of a process", xlabel="items", ylabel="MB")
    for axes in (left, right):
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def show(rows: list[dict[str, Any]]) -> Table:
    """The figures as a table."""
    table = Table(title=f"One recommendation for a member with {FILMS} films, one thread")
    for name in (
        "items",
        "interactions",
        "p50 ms",
        "p99 ms",
        "CPU ms",
        "load s",
        "own MB",
        "mapped MB",
    ):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            f"{row['items']:,}",
            f"{row['interactions']:,}",
            f"{row['p50']:.2f}",
            f"{row['p99']:.2f}",
            f"{row['cpu']:.2f}",
            f"{row['load']:.2f}",
            f"{row['own']:.0f}",
            f"{row['mapped']:.0f}",
        )
    return table


def main() -> None:
    """Measure each size in a process of its own, then print and draw."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--sizes", default="10000,100000,1000000")
    command.add_argument("--requests", type=int, default=200)
    command.add_argument("--plot", type=Path, default=PLOT)
    command.add_argument("--one", type=int, help="measure this size, print JSON")
    command.add_argument("--build", type=int, help="write the artifact of this size to --folder")
    command.add_argument("--folder", type=Path)
    options = command.parse_args()
    if options.build:
        synthetic(options.build).save(options.folder)
        return
    if options.one:
        print(json.dumps(measure(options.one, options.requests)))
        return
    rows = []
    for size in options.sizes.split(","):
        answer = subprocess.run(
            [sys.executable, __file__, "--one", size, "--requests", str(options.requests)],
            check=True,
            capture_output=True,
        )
        rows.append(json.loads(answer.stdout))
    Console().print(show(rows))
    draw(rows, options.plot)


if __name__ == "__main__":
    main()
