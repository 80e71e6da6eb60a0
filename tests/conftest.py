"""Under CI a missing part fails: a test may skip only for what a machine need not have."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from tests.faults.table import pytest_runtest_setup, pytest_terminal_summary, tally

__all__ = ["pytest_runtest_makereport", "pytest_runtest_setup", "pytest_terminal_summary", "tally"]

MAY_SKIP = (
    "root may write anywhere",  # CI runs as root
    "no /dev/uinput on this machine",  # hardware of the kernel
    "is not there",  # recorded data that is no part of the product
    "no sanitised build",  # `make sanitize` and `make soak` make it
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where CI=true and its reason is none of the above."""
    report = yield
    reason = str(report.longrepr)
    if os.environ.get("CI") == "true" and report.skipped and not any(known in reason for known in MAY_SKIP):
        report.outcome = "failed"
        report.longrepr = f"skipped under CI: {reason}"
    return report
