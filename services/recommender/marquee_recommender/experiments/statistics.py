"""How sure one may be of a difference.

Shares of members: Wilson's interval for one, Newcombe's hybrid score interval for the difference
of two (R. G. Newcombe, "Interval estimation for the difference between independent proportions",
Statistics in Medicine 17, 1998, method 10), Katz's interval for their ratio (the delta method on
its logarithm; Katz et al., Biometrics 34, 1978), the pooled z-test for a p-value. Counts per
member: Welch's interval with the Welch-Satterthwaite degrees of freedom. The split of members:
Pearson's chi-square (Fabijan et al., "Diagnosing Sample Ratio Mismatch", KDD 2019).

All intervals are of 95 % and each for itself: who looks at many, or looks every day until one
excludes zero, finds something that is not there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

CONFIDENCE = 0.95
SAMPLE_RATIO_ALPHA = 0.001
"""Below it the split is broken: a check that is looked at daily must not cry wolf."""
Z = float(special.ndtri((1 + CONFIDENCE) / 2))

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sample:
    """Count per member of one outcome: how many members, the sum, the sum of squares."""

    members: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """Return the mean per member."""
        return self.total / self.members if self.members else 0.0

    @property
    def variance(self) -> float:
        """Return the unbiased variance between members."""
        if self.members < 2:  # noqa: PLR2004 - one has no variance
            return 0.0
        return max(0.0, (self.squares - self.total * self.mean) / (self.members - 1))


def wilson(hits: int, members: int) -> Interval:
    """Return the interval of a share; all of 0 to 1 where nobody was asked."""
    if not members:
        return 0.0, 1.0
    share, extra = hits / members, Z * Z / members
    centre = (share + extra / 2) / (1 + extra)
    half = Z * math.sqrt(share * (1 - share) / members + extra / (4 * members)) / (1 + extra)
    return max(0.0, centre - half), min(1.0, centre + half)


def newcombe(hits: int, members: int, base_hits: int, base_members: int) -> Interval | None:
    """Return the interval of a share minus the base's; None where one has no members."""
    if not members or not base_members:
        return None
    share, base = hits / members, base_hits / base_members
    low, high = wilson(hits, members)
    base_low, base_high = wilson(base_hits, base_members)
    difference = share - base
    return (
        difference - math.hypot(share - low, base_high - base),
        difference + math.hypot(high - share, base - base_low),
    )


def katz(hits: int, members: int, base_hits: int, base_members: int) -> Interval | None:
    """Return the interval of the lift, share over base minus 1; None where either is zero."""
    if not hits or not base_hits:
        return None
    error = math.sqrt(1 / hits - 1 / members + 1 / base_hits - 1 / base_members)
    ratio = (hits / members) / (base_hits / base_members)
    return ratio * math.exp(-Z * error) - 1, ratio * math.exp(Z * error) - 1


def two_shares(hits: int, members: int, base_hits: int, base_members: int) -> float | None:
    """Return the two-sided p-value of equal shares; None where it cannot be told."""
    if not members or not base_members:
        return None
    pooled = (hits + base_hits) / (members + base_members)
    spread = pooled * (1 - pooled) * (1 / members + 1 / base_members)
    if spread <= 0:
        return None
    z = (hits / members - base_hits / base_members) / math.sqrt(spread)
    return float(2 * special.ndtr(-abs(z)))


def welch(sample: Sample, base: Sample) -> Interval | None:
    """Return the interval of a mean minus the base's; None where nothing varies."""
    if min(sample.members, base.members) < 2:  # noqa: PLR2004 - one has no variance
        return None
    own, other = sample.variance / sample.members, base.variance / base.members
    if own + other <= 0:
        return None
    degrees = (own + other) ** 2 / (own**2 / (sample.members - 1) + other**2 / (base.members - 1))
    half = float(special.stdtrit(degrees, (1 + CONFIDENCE) / 2)) * math.sqrt(own + other)
    difference = sample.mean - base.mean
    return difference - half, difference + half


def sample_ratio(members: Sequence[int], weights: Sequence[float]) -> float | None:
    """Return the p-value of the members having been split by the weights; None for nobody."""
    total, whole = sum(members), sum(weights)
    if not total:
        return None
    wanted = [total * weight / whole for weight in weights]
    distance = sum((m - w) ** 2 / w for m, w in zip(members, wanted, strict=True))
    return float(special.chdtrc(len(members) - 1, distance))
