"""The set of reactions, and which of them say that a review was helpful."""

from enum import StrEnum
from typing import Final


class Emoji(StrEnum):
    """What a member can react with."""

    LIKE = "LIKE"
    LOVE = "LOVE"
    LAUGH = "LAUGH"
    SAD = "SAD"
    FIRE = "FIRE"
    EYES = "EYES"
    POOP = "POOP"
    SKULL = "SKULL"
    CLOWN = "CLOWN"
    MIND_BLOWN = "MIND_BLOWN"
    PARTY = "PARTY"
    THINKING = "THINKING"
    POPCORN = "POPCORN"
    STAR = "STAR"
    TOP = "TOP"
    TRASH = "TRASH"


APPROVING: Final = frozenset({"LIKE", "LOVE", "FIRE", "MIND_BLOWN", "STAR", "TOP"})
DISAPPROVING: Final = frozenset({"POOP", "CLOWN", "TRASH"})


def helpfulness(emoji: str) -> int:
    """Return what one reaction adds to a review's helpfulness: 1, 0 or -1."""
    return (emoji in APPROVING) - (emoji in DISAPPROVING)
