"""Counts kept as plain dictionaries on the request path, and shown to Prometheus when it asks."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from marquee_gateway.edge.exchange import Exchange

BUCKETS: Final = (
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
)


class EdgeMetrics(Collector):
    """What the edge has seen. Adding to it costs a dictionary access."""

    def __init__(self) -> None:
        self.answers: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self.cache: defaultdict[str, int] = defaultdict(int)
        self.upstream_failures: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        """What is asked for when shown: name → (description, value)."""
        self._seconds: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS) + 1))
        self._total: defaultdict[str, float] = defaultdict(float)

    def observe(self, exchange: Exchange, now: float) -> None:
        """Count an answer."""
        route = exchange.route
        if route is not None:
            pattern = route.pattern
        else:
            pattern = "own" if exchange.unroutable is None else "unmatched"
        self.answers[pattern, exchange.method, exchange.status] += 1
        seconds = now - exchange.started
        self._seconds[pattern][bisect_left(BUCKETS, seconds)] += 1
        self._total[pattern] += seconds

    def collect(self) -> Iterable[Metric]:
        """Yield everything in Prometheus' terms."""
        answers = CounterMetricFamily(
            "marquee_gateway_answers", "Answers sent", labels=["route", "method", "status"]
        )
        for (pattern, method, status), count in list(self.answers.items()):
            answers.add_metric([pattern, method, str(status)], count)
        yield answers
        seconds = HistogramMetricFamily(
            "marquee_gateway_seconds", "Seconds until an answer was sent", labels=["route"]
        )
        for pattern, counts in list(self._seconds.items()):
            running, buckets = 0, []
            for bound, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
                running += count
                buckets.append((bound, running))
            seconds.add_metric([pattern], buckets, self._total[pattern])
        yield seconds
        cache = CounterMetricFamily(
            "marquee_gateway_cache", "How cacheable reads were answered", labels=["outcome"]
        )
        for outcome, count in list(self.cache.items()):
            cache.add_metric([outcome], count)
        yield cache
        failures = CounterMetricFamily(
            "marquee_gateway_upstream_failures",
            "Calls a replica did not answer",
            labels=["service", "kind"],
        )
        for (service, kind), count in list(self.upstream_failures.items()):
            failures.add_metric([service, kind], count)
        yield failures
        for name, (text, value) in self.gauges.items():
            yield GaugeMetricFamily(f"marquee_gateway_{name}", text, value=value())

    def text(self) -> bytes:
        """Return the Prometheus text format."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)
