"""A pytest plugin: a browser test that did not run fails the run.

Odoo's HttpCase skips itself when no browser is found or the HTTP server is off.
"""

import pytest

from .odoo import SCREENSHOTS

# A report's property that marks the tests of HttpCase classes.
BROWSER_TEST = "browser test"


def is_browser_test(item):
    """Whether a collected test belongs to an HttpCase."""
    bases = getattr(getattr(item, "cls", None), "__mro__", ())
    return any(base.__name__ == "HttpCase" for base in bases)


class BrowserGuard:
    """Collects the browser tests that were skipped."""

    def __init__(self):
        self.skipped = []

    def pytest_collection_modifyitems(self, items):
        """Mark browser tests, whose reports no longer know their class."""
        for item in items:
            if is_browser_test(item):
                item.user_properties.append((BROWSER_TEST, True))

    def pytest_runtest_logreport(self, report):
        """Note a skipped browser test."""
        expected = hasattr(report, "wasxfail")
        if report.skipped and not expected and BROWSER_TEST in dict(report.user_properties):
            self.skipped.append(report)

    def pytest_sessionfinish(self, session):
        """Fail the run."""
        if self.skipped and session.exitstatus in (
            pytest.ExitCode.OK,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        """Say why the run failed, and where failed tours left their screenshots."""
        if pictures := sorted(SCREENSHOTS.rglob("*.png")):
            terminalreporter.section("screenshots")
            for picture in pictures:
                terminalreporter.line(str(picture))
        if self.skipped:
            terminalreporter.section("browser tests skipped: the run fails", red=True)
            for report in self.skipped:
                reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
                terminalreporter.line(f"{report.nodeid}: {reason}")


def pytest_configure(config):
    """Register the plugin."""
    config.pluginmanager.register(BrowserGuard(), "browser-guard")
