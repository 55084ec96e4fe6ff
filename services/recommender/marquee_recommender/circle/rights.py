"""A member's right to what the recommender remembers of their surroundings."""

from typing import Final

from marquee_shared.rights import Dataset, plain_dataset


def _copy(name: str, condition: str = "user_id = :user_id") -> Dataset:
    """A copy of what identity or social export; erased here."""
    statement = f"DELETE FROM {name} WHERE {condition} RETURNING 1"  # noqa: S608 - constants
    return plain_dataset(name, export=None, erase=statement)


DATASETS: Final = (
    _copy("tastes"),
    _copy("follows"),
    _copy("friendships", ":user_id IN (low_id, high_id)"),
    _copy("blocks", ":user_id IN (user_id, blocked_id)"),
    _copy("privacy"),
    _copy("watches"),
)
