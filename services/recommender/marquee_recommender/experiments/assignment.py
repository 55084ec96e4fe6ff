"""Who gets which variant: a pure function of the salt, the member and the ramp.

Two independent parts of one hash decide whether a member takes part and what they get, so
widening the ramp never moves anybody who takes part already to another variant.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

CONTROL = "control"


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of ranking and its share."""

    key: str
    weight: float
    config: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a member gets; `counted` unless the ramp has not reached them."""

    variant: Variant
    counted: bool


def control_of(variants: Sequence[Variant]) -> Variant:
    """Return what the others are compared with: the one called `control`, else the first."""
    return next((variant for variant in variants if variant.key == CONTROL), variants[0])


def assign(salt: str, variants: Sequence[Variant], ramp: float, user_id: UUID) -> Assignment:
    """Return a member's variant; members outside the ramp get control and do not count."""
    digest = hashlib.sha256(f"{salt}:{user_id}".encode()).digest()
    if _uniform(digest[:8]) >= ramp:
        return Assignment(control_of(variants), counted=False)
    place = _uniform(digest[8:16]) * sum(variant.weight for variant in variants)
    for variant in variants:
        place -= variant.weight
        if place < 0:
            return Assignment(variant, counted=True)
    return Assignment(variants[-1], counted=True)


def _uniform(part: bytes) -> float:
    """Return eight bytes as a number in [0, 1)."""
    return (int.from_bytes(part, "big") >> 11) / 2**53
