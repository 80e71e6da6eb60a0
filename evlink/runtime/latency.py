"""The live loop's lateness in a few figures, from its histograms."""

from __future__ import annotations

from collections.abc import Sequence

from evlink import _core


def latency_word(latency: _core.Latency | None) -> dict[str, float | int]:
    """What the status document shows of the live loop; times in microseconds, upper ends of their buckets."""
    if latency is None:
        return {}
    return {
        "served_p50_us": quantile(latency.served, 0.50),
        "served_p99_us": quantile(latency.served, 0.99),
        "served_worst_us": round(latency.served_worst_ns / 1000, 1),
        "period_worst_us": round(latency.period_worst_ns / 1000, 1),
        "blocks": latency.blocks,
        "overruns": latency.overruns,
    }


def quantile(buckets: Sequence[int], share: float) -> float:
    """The upper end, in microseconds, of the bucket below which a share of all counts lies (bucket k: 2^(k+1) ns)."""
    wanted = sum(buckets) * share
    seen = 0
    for k, count in enumerate(buckets):
        seen += count
        if seen >= wanted and seen:
            return round(2.0 ** (k + 1) / 1000, 1)
    return 0.0
