"""Answers of members kept until anything behind them is another.

An answer is kept together with all that it was made from: the member's interactions and
surroundings, the model, the catalog's state, the day. Each request reads what the member did
anyway, and takes the kept answer only where all of that is equal, so no event can be missed.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

MEMBERS_KEPT = 1000
ANSWERS_KEPT = 8


@dataclass(slots=True)
class _Kept:
    made_from: tuple[Any, ...]
    answers: "OrderedDict[Hashable, Any]" = field(default_factory=OrderedDict)


class Remembered:
    """The latest answers of the members who asked last."""

    def __init__(self) -> None:
        self._members: OrderedDict[UUID, _Kept] = OrderedDict()

    def find(self, member: UUID, made_from: tuple[Any, ...], ask: Hashable) -> Any | None:
        """Return the answer to this question, if it was made from exactly this."""
        kept = self._members.get(member)
        if kept is None or kept.made_from != made_from:
            return None
        self._members.move_to_end(member)
        return kept.answers.get(ask)

    def keep(self, member: UUID, made_from: tuple[Any, ...], ask: Hashable, answer: Any) -> None:
        """Keep an answer; the member's answers made from anything else go."""
        kept = self._members.get(member)
        if kept is None or kept.made_from != made_from:
            kept = self._members[member] = _Kept(made_from)
        self._members.move_to_end(member)
        kept.answers[ask] = answer
        while len(kept.answers) > ANSWERS_KEPT:
            kept.answers.popitem(last=False)
        while len(self._members) > MEMBERS_KEPT:
            self._members.popitem(last=False)
