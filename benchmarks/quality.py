"""`make quality`: how well each ranker and the blend find what was hidden, on fixed splits.

Five seeded splits of a MovieLens folder (`ratings.csv`, `movies.csv`): a random fifth of each
member's films is hidden, all others are ranked. Beside our rankers stand what one would take
without us: popularity, item-KNN and ALS with the defaults of `implicit`. Then, with each member's
last film hidden: what the fold-in's recency gains, and the cold-start curve.

    python -m benchmarks.quality [FOLDER] [--splits 5] [--tune SECONDS] [--json FILE] [--plot FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy import sparse

from marquee_recommender.engine import Parameters, train
from marquee_recommender.engine.batch import sparse_rows, top
from marquee_recommender.engine.cases import Cases, build_cases
from marquee_recommender.engine.evaluation import Ranking, accuracy, cold_start_curve, rankings
from marquee_recommender.engine.interactions import Interactions
from marquee_recommender.engine.metrics import estimate
from marquee_recommender.engine.reading import read_interactions
from marquee_recommender.engine.splits import split
from marquee_recommender.engine.tuning import tune
from marquee_recommender.evaluate import read_movies

if TYPE_CHECKING:
    from collections.abc import Callable

    from marquee_recommender.engine import Items, Model

DEFAULT_FOLDER = Path(os.environ.get("MOVIELENS", "../shared/data/ml-latest-small"))
AT = (10, 20, 100)
METRICS = ("recall@20", "ndcg@10", "ndcg@20", "ndcg@100")
NEIGHBOURS = 100
SHRINKAGE = 10


def known_rows(cases: Cases, items: int) -> sparse.csr_matrix:
    """What each case knows, as ones."""
    ones = [(codes, np.ones(len(codes), np.float32)) for codes in cases.codes]
    return sparse_rows(ones, items)


def training_rows(model: Model, interactions: Interactions) -> sparse.csr_matrix:
    """The training's interactions as ones, [users, items of the model]."""
    codes = np.array([model.positions[item] for item in interactions.item_ids.tolist()])
    shape = (len(interactions.user_ids), len(model.item_ids))
    ones = np.ones(len(interactions), dtype=np.float32)
    return sparse.csr_matrix((ones, (interactions.users, codes[interactions.items])), shape=shape)


def item_knn(rows: sparse.csr_matrix, known: sparse.csr_matrix) -> np.ndarray[Any, Any]:
    """Cosine neighbours, the nearest `NEIGHBOURS` of each item."""
    together = (rows.T @ rows).toarray()
    np.fill_diagonal(together, 0)
    counts = np.asarray(rows.sum(axis=0)).ravel()
    together /= np.sqrt(np.outer(counts, counts)) + SHRINKAGE
    weakest = -np.partition(-together, NEIGHBOURS, axis=1)[:, NEIGHBOURS - 1 : NEIGHBOURS]
    together[together < weakest] = 0
    return np.asarray(known @ together, dtype=np.float32)


def default_als(rows: sparse.csr_matrix, known: sparse.csr_matrix) -> np.ndarray[Any, Any]:
    """`implicit.als.AlternatingLeastSquares` as it comes."""
    from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415 - its own libraries
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # noqa: PLC0415

    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(random_state=7)
        model.fit(rows, show_progress=False)
        users = model.recalculate_user(np.arange(known.shape[0]), known)
    return np.asarray(users @ model.item_factors.T, dtype=np.float32)


PEERS: dict[str, Callable[..., np.ndarray[Any, Any]]] = {
    "item-KNN": item_knn,
    "ALS, library defaults": default_als,
}


def measure(
    interactions: Interactions, items: Items, kind: Any, seed: int, parameters: Parameters
) -> tuple[dict[str, dict[str, np.ndarray[Any, Any]]], Model, Cases]:
    """Every ranker's metrics on one split."""
    parts = split(interactions, kind, 0.2, seed)
    model = train(parts.train, items, parameters)
    cases = build_cases(parts.known, parts.hidden, model.item_ids)
    lists = rankings(model, cases, max(AT))
    rows, known = training_rows(model, parts.train), known_rows(cases, len(model.item_ids))
    for name, peer in PEERS.items():
        codes = top(peer(rows, known), cases.codes, max(AT))
        lists[name] = Ranking(codes, np.zeros(codes.shape, np.float32))
    return (
        {name: accuracy(ranking, cases, AT) for name, ranking in lists.items()},  # type: ignore[misc]
        model,
        cases,
    )


def table_of(found: dict[str, list[dict[str, Any]]], splits: int) -> Table:
    """Means over the splits, with the standard deviation between them."""
    drawn = Table(title=f"a random fifth hidden, {splits} splits; mean ± deviation between splits")
    drawn.add_column("ranker")
    for metric in METRICS:
        drawn.add_column(metric, justify="right")
    means = {
        name: {m: np.array([run[m].value for run in runs]) for m in METRICS}
        for name, runs in found.items()
    }
    for name in sorted(means, key=lambda name: -means[name]["ndcg@20"].mean()):
        cells = [f"{means[name][m].mean():.4f} ±{means[name][m].std():.4f}" for m in METRICS]
        drawn.add_row(name, *cells, style="bold" if name == "blend" else "")
    return drawn


def draw(figures: dict[str, Any], path: Path) -> None:
    """Rankers side by side, what recency in the fold-in gains, and the cold-start curve."""
    import matplotlib as mpl  # noqa: PLC0415 - only who draws needs it

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(12, 4), layout="constrained", width_ratios=(3, 1, 2)
    )
    runs = {name: np.array(values["ndcg@20"]) for name, values in figures["random"].items()}
    names = sorted(runs, key=lambda name: runs[name].mean())
    colours = {"blend": "tab:orange"} | dict.fromkeys([*PEERS, "popularity"], "grey")
    left.barh(
        names,
        [runs[name].mean() for name in names],
        xerr=[runs[name].std() for name in names],
        color=[colours.get(name, "tab:blue") for name in names],
    )
    left.set(title="nDCG@20, a random fifth hidden", xlim=(0, None))
    kinds = ("without", "with recency")
    middle.bar(kinds, [figures["recency"][kind] for kind in kinds], color="tab:orange")
    middle.set(title="nDCG@10, last film")
    curve = figures["cold_start"]
    films = [int(each) for each in curve]
    right.plot(films, [each["value"] for each in curve.values()], marker="o", color="tab:orange")
    right.fill_between(
        films,
        [each["low"] for each in curve.values()],
        [each["high"] for each in curve.values()],
        alpha=0.2,
        color="tab:orange",
    )
    right.set(title="nDCG@20 by films known", xlabel="films", ylim=(0, None))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main() -> int:
    """Print the tables; 1 when the blend is beaten by any other ranker beyond chance."""
    command = argparse.ArgumentParser(prog="quality", description=__doc__)
    command.add_argument("folder", type=Path, nargs="?", default=DEFAULT_FOLDER)
    command.add_argument("--splits", type=int, default=5)
    command.add_argument("--tune", type=float, default=0.0, help="CPU seconds, on the first split")
    command.add_argument("--json", type=Path, help="write the figures here as well")
    command.add_argument("--plot", type=Path, help="draw the figures here as well")
    options = command.parse_args()
    console = Console()
    if not (options.folder / "ratings.csv").is_file():
        console.print(f"{options.folder} holds no ratings.csv: name a MovieLens folder")
        return 2
    interactions = read_interactions(options.folder / "ratings.csv")
    items = read_movies(options.folder / "movies.csv", interactions.item_ids)
    parameters = Parameters(graded=False, recency=False)
    if options.tune:
        first = split(interactions, "random", 0.2, 0).train
        tuned = tune(first, items, parameters, kind="random", budget_seconds=options.tune)
        parameters = tuned.parameters
    found: dict[str, list[dict[str, Any]]] = {}
    for seed in track(range(options.splits), "splits", console=console, transient=True):
        measured, _, _ = measure(interactions, items, "random", seed, parameters)
        for name, values in measured.items():
            found.setdefault(name, []).append(values)
    console.print(table_of(found, options.splits))
    report = {
        name: {m: [run[m].value for run in runs] for m in METRICS} for name, runs in found.items()
    }
    recency, curve = what_next(interactions, items, console)
    figures = {"random": report, "recency": recency, "cold_start": curve}
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    if options.plot:
        draw(figures, options.plot)
    blend = np.array(report["blend"]["ndcg@20"])
    beaten = [
        name
        for name, values in report.items()
        if name != "blend" and estimate(np.array(values["ndcg@20"]) - blend, seed=1).low > 0
    ]
    console.print(f"beaten by {', '.join(beaten)}" if beaten else "the blend is best, or tied")
    return 1 if beaten else 0


def what_next(
    interactions: Interactions, items: Items, console: Console
) -> tuple[dict[str, float], dict[str, Any]]:
    """The last film hidden: with recency in the fold-in, without, and with few films known."""
    parts = split(interactions, "last_out")
    model = train(parts.train, items, Parameters(graded=False))
    cases = build_cases(parts.known, parts.hidden, model.item_ids)
    reached = {}
    for name, recency in (("with recency", True), ("without", False)):
        model.parameters = model.parameters.but(recency=recency)
        lists = rankings(model, cases, max(AT))["blend"]
        reached[name] = accuracy(lists, cases, AT)["ndcg@10"].value
    gain = reached["with recency"] / reached["without"]
    console.print(
        f"last film hidden, nDCG@10: {reached['with recency']:.4f} with recency, "
        f"{reached['without']:.4f} without: {gain:.2f} times"
    )
    model.parameters = model.parameters.but(recency=True)
    curve = cold_start_curve(model, cases)
    drawn = Table(title="cold start: nDCG@20 by films known, 95 % interval over members")
    drawn.add_column("films")
    drawn.add_column("nDCG@20", justify="right")
    for films, value in curve.items():
        drawn.add_row(films, f"{value['value']:.4f} ({value['low']:.4f} to {value['high']:.4f})")
    console.print(drawn)
    return {**reached, "gain": gain}, curve


if __name__ == "__main__":
    sys.exit(main())
