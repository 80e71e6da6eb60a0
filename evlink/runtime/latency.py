"""The live loop's lateness in a few figures, from its histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evlink import _core


def latency_word(latency: _core.Latency | None) -> dict[str, Any]:
    """What the status document shows of the live loop; times in microseconds, upper ends of their buckets."""
    if latency is None:
        return {}
    worst = round(latency.served_worst_ns / 1000, 1)
    return {
        "served_p50_us": min(worst, quantile(latency.served, 0.50)),
        "served_p99_us": min(worst, quantile(latency.served, 0.99)),
        "served_worst_us": worst,
        "period_worst_us": round(latency.period_worst_ns / 1000, 1),
        "blocks": latency.blocks,
        "overruns": latency.overruns,
        "served_histogram": histogram(latency.served),
        "period_histogram": histogram(latency.period),
    }


def histogram(buckets: Sequence[int]) -> dict[str, int]:
    """The buckets that counted something: upper end in microseconds, count."""
    return {str(upper_us(k)): count for k, count in enumerate(buckets) if count}


def upper_us(bucket: int) -> float:
    """The upper end of a bucket in microseconds; bucket k ends at 2^(k+1) ns."""
    return round(2.0 ** (bucket + 1) / 1000, 3)


def quantile(buckets: Sequence[int], share: float) -> float:
    """The upper end, in microseconds, of the bucket below which a share of all counts lies."""
    wanted = sum(buckets) * share
    seen = 0
    for k, count in enumerate(buckets):
        seen += count
        if seen >= wanted and seen:
            return round(upper_us(k), 1)
    return 0.0
