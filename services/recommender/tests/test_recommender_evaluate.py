from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from marquee_recommender.evaluate import evaluate_command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def write(path: Path, rows: Sequence[tuple[object, ...]]) -> str:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return str(path)


def ratings(users: int = 60) -> list[tuple[int, int, float, int]]:
    """Two tastes over 40 films; times rise within each user."""
    random = np.random.default_rng(0)
    rows = []
    for user in range(users):
        films = random.choice(20, 12, replace=False) + (20 if user % 2 else 0)
        rows += [(user, int(film), 4.0, 1_000_000 + step) for step, film in enumerate(films)]
    return rows


@pytest.fixture
def by_time(tmp_path: Path) -> list[str]:
    rows = ratings()
    last = {user: max(r[3] for r in rows if r[0] == user) for user, *_ in rows}
    train = [row for row in rows if row[3] != last[row[0]]]
    test = [row for row in rows if row[3] == last[row[0]]]
    return [
        "--train",
        write(tmp_path / "train.csv", train),
        "--test",
        write(tmp_path / "test.csv", test),
    ]


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert evaluate_command([*arguments, "--json", "--threads", "1"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_what_came_last_turns_recency_on_and_the_flag_off(
    by_time: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = report(capsys, *by_time, "--at", "5,10")
    assert (found["protocol"], found["recency"], found["users"]) == ("last_out", True, 60)
    assert set(found["rankers"]["blend"]) == {  # type: ignore[index]
        f"{name}@{k}" for name in ("recall", "recall_capped", "ndcg") for k in (5, 10)
    }
    assert report(capsys, *by_time, "--no-recency")["recency"] is False


def test_a_random_split_leaves_recency_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ratings()
    train, test = [r for n, r in enumerate(rows) if n % 4], rows[::4]
    found = report(
        capsys, "--train", write(tmp_path / "a", train), "--test", write(tmp_path / "b", test)
    )
    assert (found["protocol"], found["recency"]) == ("random", False)


def test_held_out_users_are_folded_in_and_their_lists_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ratings()
    train = write(tmp_path / "train", [r for r in rows if r[0] < 40])
    new = [row for row in rows if row[0] >= 40]
    known, test = [r for n, r in enumerate(new) if n % 3], new[::3]
    lists = tmp_path / "lists.csv"
    found = report(
        capsys,
        "--train",
        train,
        "--test",
        write(tmp_path / "test", test),
        "--fold-in",
        write(tmp_path / "known", known),
        "--recommendations",
        str(lists),
        "--at",
        "10",
    )
    assert found["protocol"] == "strong generalisation"
    assert found["users"] == 20
    with lists.open(newline="") as file:
        written = list(csv.DictReader(file))
    seen = {(str(user), str(item)) for user, item, *_ in known}
    assert not {(row["user"], row["item"]) for row in written} & seen
    per_user = [row for row in written if row["user"] == "41"]
    assert [int(row["rank"]) for row in per_user] == list(range(1, len(per_user) + 1))
    scores = [float(row["score"]) for row in per_user]
    assert scores == sorted(scores, reverse=True)
    # The held-out part of this user's taste is found through the known part.
    assert sum(int(row["item"]) >= 20 for row in per_user[:8]) == 8


def test_tuning_records_its_trials_and_the_table_prints(
    by_time: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = report(capsys, *by_time, "--tune", "--budget", "1")
    assert found["tuned"] is True
    assert found["trials"]
    assert evaluate_command([*by_time, "--at", "10"]) == 0
    printed = capsys.readouterr().out
    assert "blend" in printed
    assert "popularity" in printed


def test_files_that_cannot_be_used_are_told_not_thrown(
    tmp_path: Path, by_time: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate_command([*by_time[:2], "--test", str(tmp_path / "missing")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        evaluate_command([*by_time, "--at", "0"])
