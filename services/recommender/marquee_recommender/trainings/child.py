"""The training process: reads what was exported, writes an artifact, says how far it is.

`python -m marquee_recommender.trainings.child FOLDER` with `request.json` in the folder. Each line
on standard output is a JSON object: `{"stage", "done", "total"}` while working, `{"artifact":
true}` once the artifact is on the disk, `{"metrics": …}` after the evaluation, `{"error": …}` for
what the asker can understand. With `evaluate` in the request it only measures. It ends when its
standard input does: with whoever started it.
"""

import os
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from marquee_recommender.engine import (
    EngineError,
    Interactions,
    Items,
    Parameters,
    train,
)
from marquee_recommender.engine.drift import describe
from marquee_recommender.engine.factors import train_factors
from marquee_recommender.engine.splits import SplitKind
from marquee_recommender.engine.training import Factorise
from marquee_recommender.models.artifacts import sync_folder
from marquee_recommender.trainings.export import ITEMS, VECTORS, read_interactions

ARTIFACT = "artifact"
REQUEST = "request.json"
AT = (10, 20)
TESTED = 500


def end_with_parent() -> None:
    """Leave at once when nobody holds the other end of standard input any more."""

    def watch() -> None:
        while os.read(0, 1024):  # not sys.stdin: its lock would be held at the interpreter's end
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def tell(**facts: Any) -> None:
    """Write a line for the parent."""
    sys.stdout.buffer.write(orjson.dumps(facts) + b"\n")
    sys.stdout.buffer.flush()


def read_items(folder: Path) -> Items:
    """Return the exported films column by column."""
    with (folder / ITEMS).open("rb") as file:
        films = [orjson.loads(line) for line in file]
    vectors = np.fromfile(folder / VECTORS, dtype=np.float32)
    return Items(
        ids=np.array([film["id"] for film in films], dtype=np.int64),
        titles=[film["title"] for film in films],
        synopses=[film["synopsis"] for film in films],
        years=[film["year"] for film in films],
        genres=[film["genres"] for film in films],
        tags=[film["tags"] for film in films],
        directors=[film["directors"] for film in films],
        actors=[film["actors"] for film in films],
        countries=[film["countries"] for film in films],
        vectors=vectors.reshape(len(films), -1) if len(vectors) else None,
    )


def progress(stage: str, done: int, total: int) -> None:
    """Tell how far a stage is."""
    tell(stage=stage, done=done, total=total)


def choose(
    interactions: Interactions, items: Items, request: dict[str, Any]
) -> tuple[Parameters, list[dict[str, Any]]]:
    """Return the parameters asked for, tuned where that was asked for, and what was tried."""
    parameters = Parameters.from_dict({"threads": request["threads"], **request["parameters"]})
    if not request["tune_seconds"]:
        return parameters, []
    from marquee_recommender.engine.tuning import tune  # noqa: PLC0415 - only nights need it

    tuned = tune(
        interactions,
        items,
        parameters,
        kind="last_out" if interactions.timed else "random",
        budget_seconds=request["tune_seconds"],
        progress=progress,
    )
    return tuned.parameters, [trial.to_dict() for trial in tuned.trials]


def engine_of(request: dict[str, Any]) -> Factorise:
    """Return what factorises."""
    if request["trainer"] != "spark":
        return train_factors
    from marquee_recommender.engine.spark import (  # noqa: PLC0415 - only where it is used
        train_factors_on_spark,
    )

    folder = request["spark_folder"]
    return partial(
        train_factors_on_spark,
        master=request["spark_master"],
        folder=Path(folder) if folder else None,
    )


def measure(
    interactions: Interactions,
    items: Items,
    parameters: Parameters,
    most: int,
    factorise: Factorise,
    kind: SplitKind | None = None,
    fraction: float = 0.2,
    seed: int | None = None,
    at: Sequence[int] = AT,
) -> dict[str, Any]:
    """Train anew without a part and see whether it would have been found.

    The part is each member's last film unless `kind` says otherwise.

    Of more than `most` interactions a seeded share of the members is taken, and at most
    `TESTED` members are tested.
    """
    from marquee_recommender.engine.cases import build_cases  # noqa: PLC0415 - when asked for
    from marquee_recommender.engine.evaluation import evaluate  # noqa: PLC0415
    from marquee_recommender.engine.splits import split  # noqa: PLC0415

    seed = parameters.seed if seed is None else seed
    if len(interactions) > most:
        random = np.random.default_rng(seed)
        drawn = random.random(len(interactions.user_ids)) < most / len(interactions)
        interactions = interactions.keep(drawn[interactions.users])
    kind = kind or ("last_out" if interactions.timed else "random")
    parts = split(interactions, kind, fraction, seed)
    if not len(parts.hidden) or not len(parts.train):
        return {}

    def seldom(stage: str, done: int, total: int) -> None:
        progress(f"evaluation: {stage}", done, total)

    model = train(parts.train, items, parameters, seldom, factorise)
    hidden = parts.hidden
    if len(hidden) > TESTED and kind == "last_out":  # a row each
        random = np.random.default_rng(seed)
        hidden = hidden.keep(np.sort(random.permutation(len(hidden))[:TESTED]))
    cases = build_cases(parts.known, hidden, model.item_ids).sample(TESTED, seed)
    return {"split": kind, **evaluate(model, cases, at)} if len(cases) else {}


def run(folder: Path) -> None:
    """Train, write, evaluate."""
    request = orjson.loads((folder / REQUEST).read_bytes())
    os.nice(request["niceness"])
    interactions = read_interactions(folder)
    items = read_items(folder)
    if wanted := request.get("evaluate"):
        parameters = Parameters.from_dict({**request["parameters"], "threads": request["threads"]})
        rows = request["evaluation_rows"]
        factorise = engine_of(request)
        tell(metrics=measure(interactions, items, parameters, rows, factorise, **wanted))
        return
    parameters, trials = choose(interactions, items, request)
    factorise = engine_of(request)
    model = train(interactions, items, parameters, progress, factorise)
    model.trials = trials
    model.distributions = describe(model, interactions)
    progress("saving", 0, 1)
    model.save(folder / ARTIFACT)
    sync_folder(folder / ARTIFACT)
    tell(artifact=True)
    if request["evaluation_rows"]:
        del model
        rows = request["evaluation_rows"]
        tell(metrics=measure(interactions, items, parameters, rows, factorise))


def main(folder: Path) -> int:
    """Run in this process; 2 for what cannot be trained on."""
    end_with_parent()
    try:
        run(folder)
    except EngineError as error:
        tell(error=str(error))
        return 2
    except OSError as error:
        tell(error=f"The model could not be written: {error.strerror or error}.")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
