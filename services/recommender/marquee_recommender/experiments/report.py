"""What came of an experiment: each variant against control, and whether the split holds."""

from collections.abc import Mapping
from typing import Any

from marquee_recommender.experiments import repository, service
from marquee_recommender.experiments.assignment import Variant, control_of
from marquee_recommender.experiments.running import variants_of
from marquee_recommender.experiments.schemas import (
    OUTCOMES,
    Difference,
    ExperimentReport,
    Guardrail,
    OutcomeRead,
    VariantReport,
)
from marquee_recommender.experiments.statistics import (
    SAMPLE_RATIO_ALPHA,
    Interval,
    Sample,
    katz,
    newcombe,
    sample_ratio,
    two_shares,
    welch,
    wilson,
)
from marquee_shared.database import ReadSession

GUARDRAILS = ("rejections", "ratings_low")


class Counts:
    """One outcome among one variant's members."""

    def __init__(self, row: Any | None) -> None:
        self.members = row.members if row else 0
        self.exposures = int(row.exposures) if row else 0
        self.hits = row.hits if row else 0
        self.sample = Sample(
            self.members, float(row.total) if row else 0.0, float(row.squares) if row else 0.0
        )

    @property
    def rate(self) -> float:
        """Return the share of members with it."""
        return self.hits / self.members if self.members else 0.0

    @property
    def pair(self) -> tuple[int, int]:
        """Return members with it, and all."""
        return self.hits, self.members


Found = Mapping[tuple[str, str], Any]


def _difference(value: float, interval: Interval | None) -> Difference:
    rounded = None if interval is None else (round(interval[0], 6), round(interval[1], 6))
    return Difference(value=round(value, 6), interval=rounded)


def _outcome(own: Counts, base: Counts, *, control: bool) -> OutcomeRead:
    both = (*own.pair, *base.pair)
    low, high = wilson(*own.pair)
    compared = not control and own.members > 0 and base.members > 0
    lift = _difference(own.rate / base.rate - 1, katz(*both)) if compared and base.hits else None
    return OutcomeRead(
        members=own.hits,
        rate=round(own.rate, 6),
        rate_interval=(round(low, 6), round(high, 6)),
        difference=_difference(own.rate - base.rate, newcombe(*both)) if compared else None,
        lift=lift,
        p_value=two_shares(*both) if compared else None,
        per_member=round(own.sample.mean, 6),
        per_member_difference=_difference(
            own.sample.mean - base.sample.mean, welch(own.sample, base.sample)
        )
        if compared
        else None,
    )


def _variant(found: Found, variant: Variant, control: Variant, metric: str) -> VariantReport:
    by_outcome = {
        name: _outcome(
            Counts(found.get((variant.key, name))),
            Counts(found.get((control.key, name))),
            control=variant is control,
        )
        for name in OUTCOMES
    }
    own = Counts(found.get((variant.key, metric)))
    decisive = by_outcome[metric]  # type: ignore[index]  # a metric is one of the outcomes
    return VariantReport(
        key=variant.key,
        control=variant is control,
        weight=variant.weight,
        members=own.members,
        exposures=own.exposures,
        outcomes=own.hits,
        rate=decisive.rate,
        lift=decisive.lift.value if decisive.lift else None,
        interval=decisive.lift.interval if decisive.lift else None,
        by_outcome=by_outcome,
    )


def _guardrails(found: Found, variant: Variant, control: Variant) -> list[Guardrail]:
    rails = []
    for name in GUARDRAILS:
        own = Counts(found.get((variant.key, name)))
        base = Counts(found.get((control.key, name)))
        interval = newcombe(*own.pair, *base.pair)
        rails.append(
            Guardrail.model_validate(
                {
                    "name": name,
                    "variant": variant.key,
                    "rate": round(own.rate, 6),
                    "difference": _difference(own.rate - base.rate, interval) if interval else None,
                    "ok": interval is None or interval[0] <= 0,
                }
            )
        )
    return rails


async def make_report(session: ReadSession, key: str) -> ExperimentReport:
    """Return an experiment's report; raises `ExperimentNotFound`."""
    row = await service.get_experiment(session, key)
    rows = await repository.count_outcomes(session, key, row.window_hours)
    found = {(each.variant, each.name): each for each in rows}
    variants = variants_of(row)
    control = control_of(variants)
    reports = [_variant(found, variant, control, row.metric) for variant in variants]
    chance = sample_ratio(
        [report.members for report in reports], [variant.weight for variant in variants]
    )
    return ExperimentReport(
        experiment=key,
        state=row.state,
        metric=row.metric,
        window_hours=row.window_hours,
        variants=reports,
        sample_ratio_ok=chance is None or chance >= SAMPLE_RATIO_ALPHA,
        sample_ratio_p=chance,
        guardrails=[
            rail
            for variant in variants
            if variant is not control
            for rail in _guardrails(found, variant, control)
        ],
    )
