from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from marquee_recommender.engine.errors import InteractionsInvalid
from marquee_recommender.engine.reading import is_per_user, read_interactions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "userId,movieId,rating,timestamp\n7,30,4.5,1000000000\n8,31,2,1000000001\n",
        "7\t30\t4.5\t1000000000\n8\t31\t2\t1000000001\n",
        "7::30::4.5::1000000000\n8::31::2::1000000001\n",
        "\ufeffuser;item;rating;timestamp\r\n7;30;4.5;1000000000\r\n\r\n8;31;2;1000000001\r\n",
        "item,user,timestamp,rating\n30,7,1000000000,4.5\n31,8,1000000001,2\n",
    ],
)
def test_the_same_rows_in_every_dialect(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ratings"
    path.write_text(text, encoding="utf-8")
    read = read_interactions(path)
    assert read.user_ids[read.users].tolist() == [7, 8]
    assert read.item_ids[read.items].tolist() == [30, 31]
    assert read.values.tolist() == [4.5, 2.0]
    assert read.times.tolist() == [1_000_000_000, 1_000_000_001]


def test_one_line_per_user(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_text("0 5 6 7\n1 6\n2\n")
    read = read_interactions(path)
    assert read.user_ids[read.users].tolist() == [0, 0, 0, 1]
    assert read.item_ids[read.items].tolist() == [5, 6, 7, 6]
    assert not read.timed


def test_a_third_column_of_large_numbers_is_a_time(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("a\tx\t1000000000\nb\ty\t1000000001\n")
    read = read_interactions(path)
    assert read.timed
    assert not read.rated
    assert read.user_ids.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("user,item\n", "nothing else"),
        ("user,item,rating\n1,2,3\n1,2\n", "line 3: 2 fields"),
        ("user,item,rating\n1,2,good\n", "line 2: rating is not a number"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(InteractionsInvalid, match=says):
        read_interactions(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "image.csv"
    path.write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(InteractionsInvalid, match="cannot be read"):
        read_interactions(path)


def test_a_test_file_of_equal_lines_is_read_as_the_training_file(tmp_path: Path) -> None:
    train, test = tmp_path / "train.txt", tmp_path / "test.txt"
    train.write_text("1 10 11 12 13\n2 10 12\n")
    test.write_text("1 14 15\n2 11 13\n")
    assert is_per_user(train)
    assert not is_per_user(test)
    found = read_interactions(test, per_user=True)
    pairs = zip(found.user_ids[found.users], found.item_ids[found.items], strict=True)
    assert sorted((int(user), int(item)) for user, item in pairs) == [
        (1, 14),
        (1, 15),
        (2, 11),
        (2, 13),
    ]
    assert not found.rated
