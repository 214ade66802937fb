"""pytest plugin: every test that did not run is counted with its reason; ILDPORTAL_NO_SKIP=1 makes it a failure."""

from __future__ import annotations

import os
from collections import Counter

import pytest

Report = pytest.TestReport | pytest.CollectReport


class Skips:
    """What was skipped, or failed as expected, in this session."""

    def __init__(self, forbidden: bool) -> None:
        self.forbidden = forbidden
        self.reasons: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.forbidden and self.reasons and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.reasons:
            return
        verdict = "a failure here, ILDPORTAL_NO_SKIP is set" if self.forbidden else "not run"
        terminalreporter.section(f"{self.reasons.total()} skipped: {verdict}")
        for reason, count in sorted(self.reasons.items()):
            terminalreporter.write_line(f"{count:4d} x {reason}")

    def _note(self, report: Report) -> None:
        if report.skipped:
            self.reasons[_reason(report)] += 1


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Skips(os.environ.get("ILDPORTAL_NO_SKIP", "0") not in {"", "0"}), "skips")


def _reason(report: Report) -> str:
    expected = getattr(report, "wasxfail", None)
    if expected is not None:
        return f"expected failure: {expected or report.nodeid}"
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return str(report.longrepr)
