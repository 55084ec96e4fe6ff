"""Who met which film, when, and how it went: the columns every ranker is trained from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marquee_recommender.engine.errors import InteractionsInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

UNKNOWN_TIME = np.int64(np.iinfo(np.int64).min)
"""The timestamp of an interaction whose time nobody recorded."""


@dataclass(frozen=True, slots=True)
class Interactions:
    """Columnar interactions, one row per (user, item): the newest wins.

    Attributes:
        user_ids: [users] distinct ids in ascending order (any sortable dtype).
        item_ids: [items] distinct ids in ascending order.
        users: int32 [rows], positions in `user_ids`.
        items: int32 [rows], positions in `item_ids`.
        values: float32 [rows], 0.5 to 5, NaN where the interaction is merely positive.
        times: int64 [rows], seconds since 1970, `UNKNOWN_TIME` where not recorded.
    """

    user_ids: NDArray[Any]
    item_ids: NDArray[Any]
    users: NDArray[np.int32]
    items: NDArray[np.int32]
    values: NDArray[np.float32]
    times: NDArray[np.int64]

    @classmethod
    def load(
        cls,
        users: ArrayLike | Sequence[Any],
        items: ArrayLike | Sequence[Any],
        values: ArrayLike | None = None,
        times: ArrayLike | None = None,
    ) -> Interactions:
        """Build from equally long columns; of several rows for a pair the newest stays.

        Raises:
            InteractionsInvalid: columns of unequal length or without rows.
        """
        user_column, item_column = _ids(users), _ids(items)
        rows = len(user_column)
        value_column = (
            np.full(rows, np.nan, np.float32)
            if values is None
            else np.asarray(values, dtype=np.float32)
        )
        time_column = np.full(rows, UNKNOWN_TIME) if times is None else _seconds(times)
        lengths = {rows, len(item_column), len(value_column), len(time_column)}
        if len(lengths) != 1:
            raise InteractionsInvalid(f"columns of unequal length: {sorted(lengths)}")
        if rows == 0:
            raise InteractionsInvalid("no interactions")
        user_ids, user_codes = np.unique(user_column, return_inverse=True)
        item_ids, item_codes = np.unique(item_column, return_inverse=True)
        order = np.lexsort((np.arange(rows), time_column, item_codes, user_codes))
        pair = user_codes[order].astype(np.int64) * len(item_ids) + item_codes[order]
        newest = np.append(pair[1:] != pair[:-1], True)
        kept = np.sort(order[newest])
        return cls(
            user_ids=user_ids,
            item_ids=item_ids,
            users=user_codes[kept].astype(np.int32),
            items=item_codes[kept].astype(np.int32),
            values=value_column[kept],
            times=time_column[kept],
        )

    def __len__(self) -> int:
        return len(self.users)

    @property
    def timed(self) -> bool:
        """Whether every interaction carries its time, so that histories have an order."""
        return bool(np.all(self.times != UNKNOWN_TIME))

    @property
    def rated(self) -> bool:
        """Whether any interaction carries a rating."""
        return bool(np.any(~np.isnan(self.values)))

    def keep(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Interactions:
        """The given rows (mask or positions) with the same id maps."""
        return Interactions(
            self.user_ids,
            self.item_ids,
            self.users[rows],
            self.items[rows],
            self.values[rows],
            self.times[rows],
        )


def _ids(column: ArrayLike | Sequence[Any]) -> NDArray[Any]:
    """A one-dimensional array of integers or strings; other ids (UUID) become strings."""
    array = np.asarray(column)
    if array.ndim != 1:
        raise InteractionsInvalid("ids must be one column")
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    if array.dtype.kind == "U":
        return array
    return np.asarray([str(value) for value in array], dtype=np.str_)


def _seconds(times: ArrayLike) -> NDArray[np.int64]:
    array = np.asarray(times)
    if array.dtype.kind == "M":
        return array.astype("datetime64[s]").astype(np.int64)
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    floats = array.astype(np.float64)
    return np.where(np.isfinite(floats), floats, float(UNKNOWN_TIME)).astype(np.int64)
