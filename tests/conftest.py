"""What all tests share: a test that lacks a system package skips and says so, but not where all must run."""

import os
from collections.abc import Generator

import pytest

SYSTEM_PACKAGES = ("chromium",)
"""Markers of tests that need one."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if (
        report.skipped
        and os.environ.get("LEADKEEP_ALL_TESTS")
        and any(map(item.get_closest_marker, SYSTEM_PACKAGES))
    ):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must run here, but was skipped: {report.longrepr}"
    return report
