"""`python -m marquee_recommender evaluate`: the figures of a model on files of interactions."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from marquee_recommender.engine.cases import build_cases
from marquee_recommender.engine.errors import EngineError, InteractionsInvalid
from marquee_recommender.engine.evaluation import accuracy, beyond_accuracy, rankings
from marquee_recommender.engine.interactions import UNKNOWN_TIME, Interactions
from marquee_recommender.engine.items import Items
from marquee_recommender.engine.parameters import Parameters
from marquee_recommender.engine.reading import is_per_user, read_interactions
from marquee_recommender.engine.training import train
from marquee_recommender.engine.tuning import tune

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marquee_recommender.engine.cases import Cases
    from marquee_recommender.engine.evaluation import Ranking
    from marquee_recommender.engine.metrics import Estimate
    from marquee_recommender.engine.model import Model
    from marquee_recommender.engine.splits import SplitKind

CELLS = 16_000_000
VALIDATION_FRACTION = 0.15
VALIDATION_USERS = 800
TEMPORAL_SHARE = 0.9
"""Users whose test films are all newer than their training films, for a split by time."""


def evaluate_command(argv: Sequence[str] | None = None) -> int:
    """Train on one file, test on another, print the table; 2 for files that cannot be used."""
    options = parser().parse_args(argv)
    errors = Console(stderr=True)
    try:
        report, lists = run(options, errors)
    except EngineError as error:
        errors.print(str(error), style="red", markup=False, soft_wrap=True)
        return 2
    if options.recommendations:
        write_recommendations(options.recommendations, lists)
    if options.json:
        print(json.dumps(report, indent=1))  # noqa: T201  # machine-readable output is the product
    else:
        Console().print(table(report, options.at))
    return 0


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    command = argparse.ArgumentParser(
        prog="evaluate",
        description="Train on interactions, rank all other items for each test user, and report. "
        "Files: user,item[,rating][,timestamp] as CSV or TSV, or one line per user. Every "
        "interaction counts as positive, in training and in the test.",
    )
    add = command.add_argument
    add("--train", type=Path, required=True, help="interactions to learn from")
    add("--test", type=Path, required=True, help="interactions to find")
    add("--fold-in", type=Path, help="known part of test users who are not in --train")
    add("--items", type=Path, help="MovieLens movies.csv (movieId,title,genres) for content")
    add("--tune", action="store_true", help="choose every dial on validation users first")
    add(
        "--budget",
        type=float,
        default=480.0,
        help="CPU seconds for --tune (default 480; at most half as much again on the clock)",
    )
    add("--no-recency", action="store_true", help="let old and new films of a history count alike")
    add(
        "--protocol",
        choices=("auto", "random", "last_out"),
        default="auto",
        help="what --test is: a random part, or what came last (which recency is for); auto reads "
        "it off the timestamps",
    )
    add("--at", type=depths, default=[10, 20, 50, 100], help="depths, such as 10,20,50,100")
    add("--seed", type=int, default=7)
    add("--threads", type=int, default=2)
    add("--json", action="store_true", help="print machine-readable figures")
    add("--recommendations", type=Path, help="write user,item,rank,score of each top list here")
    return command


def depths(text: str) -> list[int]:
    """`10,20` as numbers; argparse reports the error."""
    values = sorted({int(part) for part in text.split(",")})
    if not values or values[0] < 1:
        raise argparse.ArgumentTypeError("depths are positive numbers, such as 10,20")
    return values


def run(
    options: argparse.Namespace, console: Console
) -> tuple[dict[str, Any], tuple[Model, Cases, Ranking]]:
    """Everything the command does except printing."""
    started = time.monotonic()
    per_user = is_per_user(options.train)
    interactions, test, fold_in = same_ids(
        read_interactions(options.train),
        read_interactions(options.test, per_user=per_user),
        read_interactions(options.fold_in, per_user=per_user) if options.fold_in else None,
    )
    known = fold_in if fold_in is not None else interactions
    kind = protocol(options.protocol, interactions, test, fold_in)
    recency = kind == "last_out" and not options.no_recency
    parameters = Parameters(
        graded=False, recency=recency, seed=options.seed, threads=options.threads
    )
    ids = np.union1d(np.union1d(interactions.item_ids, test.item_ids), known.item_ids)
    items = read_movies(options.items, ids) if options.items else Items(ids=ids)
    trials: list[dict[str, Any]] = []
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal or options.json,
        transient=True,
    ) as bar:
        task = bar.add_task("reading")

        def show(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total)

        if options.tune:
            tuned = tune(
                interactions,
                items,
                parameters,
                kind=kind,
                fraction=validation_fraction(kind, len(interactions.user_ids)),
                budget_seconds=options.budget,
                cells=CELLS,
                progress=show,
            )
            parameters, trials = tuned.parameters, [trial.to_dict() for trial in tuned.trials]
        model = train(interactions, items, parameters, show)
        cases = build_cases(known, test, model.item_ids)
        lists = rankings(model, cases, max(*options.at, 20))
    measured = accuracy(lists["blend"], cases, options.at)
    measured |= beyond_accuracy(model, lists["blend"], cases)
    report = {
        "protocol": "strong generalisation" if kind == "users" else kind,
        "recency": recency and cases.ordered,
        "tuned": options.tune,
        "users": len(cases),
        "items": len(model.item_ids),
        "interactions": {"train": len(interactions), "test": len(test)},
        "seconds": round(time.monotonic() - started, 2),
        "metrics": plain(measured),
        "rankers": {
            name: plain(accuracy(ranking, cases, options.at)) for name, ranking in lists.items()
        },
        "parameters": parameters.to_dict(),
        "trials": trials,
    }
    return report, (model, cases, lists["blend"])


def validation_fraction(kind: SplitKind, users: int) -> float:
    """Rows to hide of every user; or users, enough of them for a steady mean."""
    if kind == "users":
        return min(0.4, max(0.1, VALIDATION_USERS / users))
    return VALIDATION_FRACTION


def plain(measured: dict[str, Estimate]) -> dict[str, dict[str, float]]:
    """Estimates as JSON values."""
    return {name: estimate.to_dict() for name, estimate in measured.items()}


def same_ids(
    train: Interactions, test: Interactions, fold_in: Interactions | None
) -> tuple[Interactions, Interactions, Interactions | None]:
    """Ids of one kind: where one file has strings, the integers of the others become strings."""
    present = [each for each in (train, test, fold_in) if each is not None]
    users = {each.user_ids.dtype.kind for each in present}
    items = {each.item_ids.dtype.kind for each in present}

    def cast(each: Interactions) -> Interactions:
        return Interactions(
            each.user_ids if len(users) == 1 else each.user_ids.astype(np.str_),
            each.item_ids if len(items) == 1 else each.item_ids.astype(np.str_),
            each.users,
            each.items,
            each.values,
            each.times,
        )

    return cast(train), cast(test), None if fold_in is None else cast(fold_in)


def protocol(
    asked: str, train: Interactions, test: Interactions, fold_in: Interactions | None
) -> SplitKind:
    """What the split is, by its files: held-out users, what came last, or a random part.

    Without times in the test, one film per user is taken for the last one.
    """
    if fold_in is not None:
        return "users"
    if asked != "auto":
        return "last_out" if asked == "last_out" else "random"
    if not train.timed:
        return "random"
    if not test.timed:
        return "last_out" if len(test) == len(test.user_ids) else "random"
    newest = dict.fromkeys(train.user_ids.tolist(), int(UNKNOWN_TIME))
    latest = np.full(len(train.user_ids), UNKNOWN_TIME)
    np.maximum.at(latest, train.users, train.times)
    newest |= dict(zip(train.user_ids.tolist(), latest.tolist(), strict=True))
    earliest = np.full(len(test.user_ids), np.iinfo(np.int64).max)
    np.minimum.at(earliest, test.users, test.times)
    later = [
        first >= newest[user]
        for user, first in zip(test.user_ids.tolist(), earliest.tolist(), strict=True)
        if user in newest
    ]
    return "last_out" if later and float(np.mean(later)) >= TEMPORAL_SHARE else "random"


def read_movies(path: Path, ids: np.ndarray[Any, Any]) -> Items:
    """Titles, years and genres from a MovieLens movies.csv, for the given ids only."""
    known = {str(item) for item in ids.tolist()}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = {row["movieId"]: row for row in csv.DictReader(file) if row["movieId"] in known}
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise InteractionsInvalid(f"{path} is no movies.csv: {error}") from error
    ordered = [rows.get(str(item)) for item in ids.tolist()]
    titles = [row["title"] if row else "" for row in ordered]
    endings = [title.rstrip().removesuffix(")")[-4:] for title in titles]
    return Items(
        ids=ids,
        titles=titles,
        years=[int(year) if year.isdigit() else None for year in endings],
        genres=[row["genres"].split("|") if row else [] for row in ordered],
    )


def write_recommendations(path: Path, lists: tuple[Model, Cases, Ranking]) -> None:
    """`user,item,rank,score` of every user's list, best first."""
    model, cases, ranking = lists
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["user", "item", "rank", "score"])
        for row, user in enumerate(cases.users.tolist()):
            ids = model.item_ids[ranking.codes[row]].tolist()
            scores = ranking.scores[row].tolist()
            for place, (item, score) in enumerate(zip(ids, scores, strict=True), 1):
                if score > float("-inf"):
                    writer.writerow([user, item, place, f"{score:.6f}"])


def table(report: dict[str, Any], at: Sequence[int]) -> Table:
    """The blend and each ranker by recall and nDCG, then what lies beyond accuracy."""
    recency = "on" if report["recency"] else "off"
    drawn = Table(
        title=f"{report['users']} users, {report['items']} items, "
        f"{report['protocol']}, recency {recency}",
        caption="± half of the 95 % interval over users   "
        + "   ".join(
            f"{name} {value['value']:.3f}"
            for name, value in report["metrics"].items()
            if name.split("@")[0] not in ("recall", "recall_capped", "ndcg")
        ),
    )
    names = [f"{metric}@{k}" for metric in ("recall", "recall_capped", "ndcg") for k in at]
    drawn.add_column("ranker")
    for name in names:
        drawn.add_column(name.replace("recall_capped", "capped"), justify="right")
    for ranker, values in report["rankers"].items():
        cells = []
        for name in names:
            value = values[name]
            half = (value["high"] - value["low"]) / 2
            cells.append(
                f"{value['value']:.4f} ±{half:.3f}"
                if ranker == "blend"
                else f"{value['value']:.4f}"
            )
        drawn.add_row(ranker, *cells, style="bold" if ranker == "blend" else "")
    return drawn


if __name__ == "__main__":
    sys.exit(evaluate_command())
