"""A pytest plugin: a process of a parallel run shares neither browser home nor filestore.

pytest-odoo lets all processes use one filestore. At the end of each class of tests Odoo
deletes there the files that its own database does not name: those of another process, too.
"""

import contextlib
import os
import shutil
from pathlib import Path

import pytest_odoo

from . import databases, settings


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
