"""How training grows: 1M synthetic interactions, or 20M, on two cores, beside plain `implicit`.

For each size the same Zipf-like interactions are handed to processes of their own: one trains a
whole model (`engine.train`: item-item, factors, neighbours in time, content), the other only what
`implicit.als` does with as many factors and iterations. Printed are seconds (of our factors alone,
too), the ratio, the memory at its highest, and how many members a second the model ranks.

    python benchmarks/recommender_training.py [--sizes 1000000,20000000] [--factors 128]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _interactions import shape_for, zipf_interactions
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from marquee_recommender.engine import Event, Interactions, Parameters, Profile, train

FIELDS = ("user_ids", "item_ids", "users", "items", "values", "times")
MEMBERS = 500
THREADS = 2


def load(path: Path) -> Interactions:
    """Read what `main` has drawn."""
    with np.load(path) as arrays:
        return Interactions(*(arrays[name] for name in FIELDS))


def peak() -> float:
    """This process's highest memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(path: Path, factors: int) -> dict[str, Any]:
    """Train a whole model, with a progress bar; then rank for members in a batch."""
    interactions = load(path)
    began: dict[str, float] = {}
    ended: dict[str, float] = {}
    with Progress(
        TextColumn("{task.description:10}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task("training")

        def show(stage: str, done: int, total: int) -> None:
            now = time.perf_counter()
            began.setdefault(stage, began.get("", now) if stage == "factors" else now)
            ended[stage] = began[""] = now
            bar.update(task, description=stage, completed=done, total=total)

        started = time.perf_counter()
        settings = Parameters(factors=factors, threads=THREADS)
        model = train(interactions, None, settings, show)
        seconds = time.perf_counter() - started
    memory = peak()
    by_user = np.argsort(interactions.users, kind="stable")
    edges = np.searchsorted(interactions.users[by_user], np.arange(MEMBERS + 1))
    profiles = []
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        rows = by_user[start:end]
        own = interactions.item_ids[interactions.items[rows]].tolist()
        times = interactions.times[rows].tolist()
        profiles.append(
            Profile([Event(item, at=float(at)) for item, at in zip(own, times, strict=True)])
        )
    ranked = time.perf_counter()
    for profile in profiles:
        model.recommend(profile, 20, with_reasons=False)
    return {
        "seconds": seconds,
        "factors": ended["factors"] - began["factors"],
        "memory": memory,
        "batch": len(profiles) / (time.perf_counter() - ranked),
    }


def plain(path: Path, factors: int) -> dict[str, Any]:
    """Train what the library does by itself."""
    from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415 - its process alone
    from scipy import sparse  # noqa: PLC0415

    interactions = load(path)
    shape = (len(interactions.user_ids), len(interactions.item_ids))
    ones = np.ones(len(interactions), dtype=np.float32)
    rows = sparse.csr_matrix((ones, (interactions.users, interactions.items)), shape=shape)
    started = time.perf_counter()
    AlternatingLeastSquares(
        factors=factors, iterations=Parameters().iterations, num_threads=THREADS, random_state=7
    ).fit(rows, show_progress=False)
    return {"seconds": time.perf_counter() - started, "memory": peak()}


def run(kind: str, path: Path, factors: int) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--one", kind, "--data", str(path)]
    answer = subprocess.run(
        [*command, "--factors", str(factors)],
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1" if kind == "plain" else str(THREADS)},
    )
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def main() -> None:
    """Draw the interactions of each size, train on them twice, and print."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--sizes", default="1000000")
    command.add_argument("--factors", type=int, default=Parameters().factors)
    command.add_argument("--one", choices=("ours", "plain"), help="measure this, print JSON")
    command.add_argument("--data", type=Path)
    options = command.parse_args()
    if options.one:
        measure = {"ours": ours, "plain": plain}[options.one]
        print(json.dumps(measure(options.data, options.factors)))
        return
    table = Table(title=f"Training, {options.factors} factors, {THREADS} threads")
    names = [
        "interactions",
        "users x items",
        "all s",
        "factors s",
        "implicit s",
        "factors / implicit",
    ]
    for name in [*names, "MB", "implicit MB", "ranked / s"]:
        table.add_column(name, justify="right")
    for size in (int(each) for each in options.sizes.split(",")):
        users, items = shape_for(size)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "interactions.npz"
            data = zipf_interactions(size, users, items)
            np.savez(path, **{name: getattr(data, name) for name in FIELDS})
            del data
            library = run("plain", path, options.factors)
            model = run("ours", path, options.factors)
        table.add_row(
            f"{size:,}",
            f"{users:,} x {items:,}",
            f"{model['seconds']:.1f}",
            f"{model['factors']:.1f}",
            f"{library['seconds']:.1f}",
            f"{model['factors'] / library['seconds']:.2f}",
            f"{model['memory']:.0f}",
            f"{library['memory']:.0f}",
            f"{model['batch']:.0f}",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
