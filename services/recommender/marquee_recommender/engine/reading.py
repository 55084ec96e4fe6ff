"""Interactions from the files that data sets come in.

Columns `user,item[,rating][,timestamp]` separated by comma, tab, semicolon, `::` or blanks, with
or without a header; or one line per user, `user item item …`, recognised by lines of unequal
length or more than four fields.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from marquee_recommender.engine.errors import InteractionsInvalid
from marquee_recommender.engine.interactions import Interactions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAMES = {
    "user": ("user", "userid", "user_id", "uid", "username", "member"),
    "item": ("item", "itemid", "item_id", "iid", "movie", "movieid", "movie_id", "film"),
    "rating": ("rating", "value", "score", "stars"),
    "timestamp": ("timestamp", "time", "at", "date", "created_at", "unix_timestamp"),
}
COLUMNS = ("user", "item", "rating", "timestamp")
EARLIEST_TIME = 10_000_000
"""A third column whose numbers are all above this holds seconds since 1970, not ratings."""


def read_interactions(path: Path, *, per_user: bool = False) -> Interactions:
    """Read one file; integer ids stay integers, all others are strings.

    With `per_user` its lines are `user item item …` whatever their length: a test file of two
    films for each user looks like `user,item,rating` by itself.

    Raises:
        InteractionsInvalid: unreadable or malformed, with the line and what is wrong there.
    """
    rows = _rows(path)
    names = _header(rows[0][1])
    if names is None and (per_user or _one_line_per_user(rows)):
        return _load_baskets(rows)
    return _load_columns(path, rows if names is None else rows[1:], names)


def is_per_user(path: Path) -> bool:
    """Whether a file has one line per user; raises `InteractionsInvalid`."""
    rows = _rows(path)
    return _header(rows[0][1]) is None and _one_line_per_user(rows)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Fields of each line that has any, with the line's number."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InteractionsInvalid(f"{path} cannot be read: {error}") from error
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise InteractionsInvalid(f"{path} is empty")
    separator = _separator(lines[0][1])
    return [(number, separator.split(line.strip())) for number, line in lines]


def _separator(line: str) -> re.Pattern[str]:
    for mark in ("\t", "::", ",", ";"):
        if mark in line:
            return re.compile(rf"\s*{re.escape(mark)}\s*")
    return re.compile(r"\s+")


def _header(fields: Sequence[str]) -> list[str] | None:
    """Canonical column names, or None when the first line is data already."""
    found = []
    for field in fields:
        word = field.strip('"').lower().split(":")[0]
        found.append(next((name for name, known in NAMES.items() if word in known), word))
    return found if "user" in found and "item" in found else None


def _one_line_per_user(rows: Sequence[tuple[int, list[str]]]) -> bool:
    lengths = {len(fields) for _, fields in rows}
    return len(lengths) > 1 or max(lengths) > len(COLUMNS)


def _load_baskets(rows: Sequence[tuple[int, list[str]]]) -> Interactions:
    users = [fields[0] for _, fields in rows for _ in fields[1:]]
    items = [item for _, fields in rows for item in fields[1:]]
    return Interactions.load(_ids(users), _ids(items))


def _load_columns(
    path: Path, rows: Sequence[tuple[int, list[str]]], names: list[str] | None
) -> Interactions:
    if not rows:
        raise InteractionsInvalid(f"{path} has a header and nothing else")
    width = len(names) if names else len(rows[0][1])
    for number, fields in rows:
        if len(fields) != width or width <= 1:
            raise InteractionsInvalid(
                f"{path}, line {number}: {len(fields)} fields where {max(width, 2)} are expected"
            )
    columns = dict(
        zip(names or COLUMNS, zip(*(fields for _, fields in rows), strict=True), strict=False)
    )
    numbers = {
        name: _numbers(path, rows, name, columns[name])
        for name in ("rating", "timestamp")
        if name in columns
    }
    ratings, times = numbers.get("rating"), numbers.get("timestamp")
    if names is None and times is None and ratings is not None and min(ratings) > EARLIEST_TIME:
        ratings, times = None, ratings
    return Interactions.load(_ids(columns["user"]), _ids(columns["item"]), ratings, times)


def _numbers(
    path: Path, rows: Sequence[tuple[int, list[str]]], name: str, column: Sequence[str]
) -> list[float]:
    found = []
    for (number, _), text in zip(rows, column, strict=True):
        try:
            found.append(float(text) if text else np.nan)
        except ValueError as error:
            raise InteractionsInvalid(
                f"{path}, line {number}: {name} is not a number: {text[:40]!r}"
            ) from error
    return found


def _ids(column: Sequence[str]) -> list[int] | list[str]:
    try:
        return [int(text) for text in column]
    except ValueError:
        return [text.strip('"') for text in column]
