"""What pytest does otherwise in our runs.

- A browser test that did not run fails: Odoo's HttpCase skips itself when no browser is found or
  the HTTP server is off.
- A process of a parallel run shares neither browser home nor filestore. pytest-odoo lets all use
  one filestore; at the end of each class of tests Odoo deletes there the files that its own
  database does not name: those of another process, too.
- Failed tours' screenshots are named, and the longest tests begin first.
"""

import contextlib
import os
import shutil
from pathlib import Path

import pytest
import pytest_odoo

from . import databases, odoo, settings

# The files that take longest. They begin first: no process works alone at the end.
LONGEST = (
    "test_rights_before_sudo",
    "test_handover_properties",
    "test_handover_races",
    "test_handover_matrix",
    "test_roles",
    "test_take_back_properties",
    "test_farewell",
    "test_take_back_races",
    "test_figures_foreign_rules",
    "test_roles_figures",
    "test_dashboard",
    "test_figures_reconciliation",
    "test_used_database",
    "test_automation_rules",
    "test_website_and_livechat",
    "test_handover_followers",
)


def pytest_collection_modifyitems(items):
    """Begin with what takes longest."""
    order = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


def is_browser_test(item):
    """Whether a collected test belongs to an HttpCase."""
    bases = getattr(getattr(item, "cls", None), "__mro__", ())
    return any(base.__name__ == "HttpCase" for base in bases)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """A skipped browser test is a failed one."""
    report = yield
    if report.skipped and is_browser_test(item) and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"browser test skipped: {reason}"
    return report


def pytest_terminal_summary(terminalreporter):
    """Name the screenshots of failed tours."""
    if pictures := sorted(odoo.SCREENSHOTS.rglob("*.png")):
        terminalreporter.section("screenshots")
        for picture in pictures:
            terminalreporter.line(str(picture))


@contextlib.contextmanager
def own_filestore(original, database):
    """The files of a process's database: those of the original, until the process ends."""
    if original == database:
        yield
        return
    databases.copy_filestore(original, database)
    try:
        yield
    finally:
        shutil.rmtree(settings.FILESTORE / database, ignore_errors=True)


def pytest_configure():
    """Runs before pytest-odoo makes the process's database."""
    pytest_odoo._shared_filestore = own_filestore
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        home = Path(os.environ["HOME"], worker)
        home.mkdir(exist_ok=True)
        os.environ["HOME"] = str(home)
