"""Whether a new model may rank: its figures are held against those of the one that does.

Both were measured the same way (trained anew without each member's last film) at their own time.
A figure that fell stops a model only when it fell by more than `TOLERANCE` and chance alone does
not explain it, and a blend that is worse than popularity stops it always.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

GUARDED = ("ndcg@10", "ndcg@20", "coverage@20")
TOLERANCE = 0.05
"""Share of a figure that may be lost: data that grew makes every question a little harder."""
BASELINE = "popularity"
BASELINE_METRIC = "ndcg@20"

Activation = Literal["when_it_holds", "always", "never"]
Decision = Literal["activated", "refused", "kept"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure of the new model against what it had to reach."""

    metric: str
    value: float
    high: float
    against: str
    reference: float
    holds: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that was compared; nothing to compare holds."""

    holds: bool
    findings: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def judge(candidate: dict[str, Any], active: dict[str, Any] | None) -> Verdict:
    """Compare two models' evaluations, as `engine.evaluation.evaluate` returns them.

    `active` is None without a model that ranks; figures that either lacks are not compared, and
    neither are models that were measured on different kinds of split.
    """
    findings = []
    own = candidate.get("metrics", {})
    if active is not None and active.get("split") == candidate.get("split"):
        for metric in GUARDED:
            new, old = own.get(metric), active.get("metrics", {}).get(metric)
            if new is not None and old is not None:
                fell = new["value"] < old["value"] * (1 - TOLERANCE) and new["high"] < old["value"]
                findings.append(
                    Finding(metric, new["value"], new["high"], "active", old["value"], not fell)
                )
    popular = candidate.get("rankers", {}).get(BASELINE, {}).get(BASELINE_METRIC)
    if popular is not None and (new := own.get(BASELINE_METRIC)) is not None:
        better = new["high"] >= popular["value"]
        findings.append(
            Finding(BASELINE_METRIC, new["value"], new["high"], BASELINE, popular["value"], better)
        )
    return Verdict(all(finding.holds for finding in findings), tuple(findings))
