"""How many threads the linear algebra of a serving process may use."""

from __future__ import annotations


def serve_on_one_thread() -> None:
    """Keep BLAS from spreading a request's small matrices over all cores; call once at start.

    On a busy machine the threads of one request wait for each other and for everyone else's: ten
    times slower at the median, a hundred times at the 99th percentile.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    threadpool_limits(1, "blas")
