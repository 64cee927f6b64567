"""Tests of what in devtools is computed and not set up."""

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import polib
import pytest
import yaml

from odoo.tools import config

from devtools import databases, odoo, odoo_source, postgres, settings, testing, translations
from devtools.pytest_plugin import (
    LONGEST,
    is_browser_test,
    own_filestore,
    pytest_collection_modifyitems,
)
from devtools.steps import Failure

# What apt would fetch on a machine with a third party's suite of the same name.
FETCHED = """
'https://other.example/tools/dists/trixie/stable/binary-amd64/Packages.xz' other 0
'http://security.example/debian-security/dists/trixie-security/main/binary-amd64/Packages.xz' s 0
'http://mirror.example/debian/dists/trixie/InRelease' mirror 0
'http://mirror.example/debian/dists/trixie/main/binary-amd64/Packages.xz' mirror 0
"""
MIRROR = "http://mirror.example/debian"


@pytest.mark.parametrize("codename", ["trixie", None])
def test_mirror_is_the_one_of_the_machines_suite(codename):
    suite = codename or "testing"
    fetched = FETCHED.replace("trixie", suite)
    assert odoo_source.choose_mirror(fetched, codename) == MIRROR


def test_no_mirror_without_a_debian_suite():
    assert not odoo_source.choose_mirror(FETCHED.replace("/main/", "/tools/"), "trixie")
    assert not odoo_source.choose_mirror(FETCHED, "bookworm")


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """A folder like /etc/apt, and a keyring with Debian's keys."""
    monkeypatch.delenv(odoo_source.UNVERIFIED, raising=False)
    monkeypatch.setattr(odoo_source, "KEYRINGS", tmp_path)
    (tmp_path / "debian-archive-keyring.gpg").touch()
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_odoo_is_verified_unless_somebody_says_otherwise(apt, monkeypatch):
    (apt / "sources.list").write_text(
        f"deb [trusted=yes] http://other.example/debian trixie main\ndeb {MIRROR} trixie main\n"
    )
    verified = f"signed-by={apt / 'debian-archive-keyring.gpg'}"
    assert odoo_source.signing(MIRROR, apt) == verified
    (apt / "debian-archive-keyring.gpg").unlink()
    assert odoo_source.signing(MIRROR, apt) == "trusted=no", "no keys are no permission"
    monkeypatch.setenv(odoo_source.UNVERIFIED, "1")
    assert odoo_source.signing(MIRROR, apt) == "trusted=yes"


@pytest.mark.parametrize(
    "entry",
    [
        f"deb [arch=amd64 trusted=yes] {MIRROR} trixie main\n",
        f"Types: deb\nURIs: {MIRROR}\nSuites: trixie\nTrusted: yes\n",
    ],
)
def test_a_mirror_that_the_machine_trusts_is_trusted(apt, entry):
    (apt / "sources.list.d" / "debian").write_text(entry)
    assert odoo_source.signing(MIRROR, apt) == "trusted=yes"


def test_core_modules_are_what_the_addon_depends_on():
    assert {"crm", "sale_timesheet", "spreadsheet_dashboard"} <= set(settings.CORE_MODULES)


def test_time_limits_leave_a_worker_alive():
    assert odoo.COMMON["limit_time_real"] > 0
    assert odoo.COMMON["limit_time_cpu"] > 0


def test_the_demo_peoples_passwords_are_set():
    assert "SET password = login" in databases.USERS_SQL
    assert "SET odoobot_state" in databases.USERS_SQL


@pytest.mark.parametrize("name", ["Big", "a b", "postgres", "x'y", "", "template1"])
def test_bad_database_names(name):
    with pytest.raises(Failure):
        databases.check_name(name)


@pytest.mark.parametrize("lang", ["de_DE", "fr", "es_419", "sr@latin"])
def test_language_codes(lang):
    databases.check_language(lang)
    databases.check_name(f"run_{databases.slug(lang)}")


def test_language_code_is_checked():
    with pytest.raises(Failure):
        databases.check_language("de'; DROP")


def test_addon_hash_ignores_tests_and_sees_models(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "ADDON_PATH", tmp_path)
    for name in ("__manifest__.py", "models/lead.py", "tests/test_lead.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    before = databases.addon_hash()
    (tmp_path / "tests/test_lead.py").write_text("1")
    assert databases.addon_hash() == before
    (tmp_path / "models/lead.py").write_text("1")
    assert databases.addon_hash() != before


def test_socket_path_is_short_enough(monkeypatch):
    monkeypatch.setattr(settings, "HOME", Path("/tmp") / ("x" * 150))
    monkeypatch.setattr(settings, "is_root", lambda: False)
    path = f"{postgres.socket_folder()}/{postgres.SOCKET_NAME}"
    assert len(path) <= postgres.SOCKET_LIMIT


def test_pytest_arguments_that_name_tests():
    assert testing.names_tests(["-x", "tests/test_devtools.py::test_good_files"])
    assert not testing.names_tests(["-k", "lead", "-x"])


def test_the_whole_suite_runs_in_parallel_and_named_tests_in_one_process():
    whole = testing.pytest_command("conf", "db", ["-x", "-n3"])
    assert set(testing.PARALLEL) <= set(whole)
    assert whole.index("-n3") > whole.index("-n"), "pytest heeds the last one"
    assert whole[-2:] == list(testing.TEST_FOLDERS)
    named = testing.pytest_command("conf", "db", ["tests/test_devtools.py"])
    assert "-n" not in named
    assert named[-1] == "tests/test_devtools.py"


def test_the_longest_files_begin_first():
    files = [path for folder in testing.TEST_FOLDERS for path in folder.glob("test_*.py")]
    assert set(LONGEST) <= {path.stem for path in files}
    items = [SimpleNamespace(path=path) for path in files]
    pytest_collection_modifyitems(items)
    assert tuple(item.path.stem for item in items[: len(LONGEST)]) == LONGEST


def test_a_process_of_a_parallel_run_loses_no_files_to_another(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "FILESTORE", tmp_path)
    (tmp_path / "original").mkdir()
    (tmp_path / "original" / "document").write_text("kept")
    with own_filestore("original", "original-gw0"), own_filestore("original", "original-gw1"):
        (tmp_path / "original-gw0" / "document").unlink()
        assert (tmp_path / "original-gw1" / "document").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["original"]
    with own_filestore("original", "original"):
        assert (tmp_path / "original" / "document").read_text() == "kept"


def test_this_process_has_the_filestore_of_its_database():
    (database,) = config["db_name"]
    assert config.filestore(database) == str(settings.FILESTORE / database)


def test_this_process_uses_the_server_that_dev_started():
    """Not one of somebody else's, with databases to be built for it."""
    assert not postgres.is_external()


BROWSER_TESTS = """
import unittest

class HttpCase(unittest.TestCase):
    pass

class TestTour(HttpCase):
    @unittest.skip("no browser")
    def test_tour(self):
        pass

class TestOther(unittest.TestCase):
    @unittest.skip("not here")
    def test_skipped(self):
        pass

    def test_passed(self):
        pass
"""


@pytest.mark.parametrize("processes", ["0", "2"])
@pytest.mark.parametrize(("chosen", "code"), [("TestTour or passed", 1), ("TestOther", 0)])
def test_a_skipped_browser_test_fails_the_run(tmp_path, processes, chosen, code):
    (tmp_path / "test_tours.py").write_text(BROWSER_TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "no:odoo", "-p", "devtools.pytest_plugin"]
    command += ["-n", processes, "-k", chosen, "--rootdir", tmp_path, tmp_path]
    done = subprocess.run(command, cwd=settings.REPO, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("browser test skipped: Skipped: no browser" in done.stdout) == bool(code)
    closing = r"1 failed, 1 passed" if code else r"1 passed, 1 skipped"
    assert re.search(rf"{closing}(, 1 deselected)? in [\d.]+s =+\Z", done.stdout.strip())


def test_browser_tests_are_known_by_their_class():
    http_case = type("HttpCase", (), {})
    item = type("Item", (), {"cls": type("TestTour", (http_case,), {})})
    assert is_browser_test(item)
    assert not is_browser_test(type("Item", (), {"cls": object}))


GOOD_XML = """\
<?xml version="1.0" encoding="UTF-8" ?>
<odoo>
    <!-- a comment
      laid out freely -->
    <record id="a" model="b" />
</odoo>
"""


def hooks_that_object(name, text):
    """The names of the lint hooks that search with a pattern and find something in a file."""
    config = yaml.safe_load((settings.REPO / ".pre-commit-config.yaml").read_text())
    for hook in config["repos"][0]["hooks"]:
        applies = re.search(hook.get("files", ""), name)
        if "exclude" in hook:
            applies = applies and not re.search(hook["exclude"], name)
        if hook["language"] != "pygrep" or not applies:
            continue
        args = hook.get("args", [])
        flags = re.MULTILINE | re.DOTALL if "--multiline" in args else 0
        parts = [text] if flags else text.splitlines(keepends=True)
        if any(re.search(hook["entry"], part, flags) for part in parts) != ("--negate" in args):
            yield hook["id"]


@pytest.mark.parametrize(
    ("name", "text", "hook"),
    [
        ("a.xml", GOOD_XML.removeprefix(GOOD_XML.splitlines(keepends=True)[0]), "xml-header"),
        ("a.xml", GOOD_XML.replace("    <r", "  <r"), "xml-indent"),
        ("a.xml", GOOD_XML.replace("    <r", "\t<r"), "xml-indent"),
        ("a.py", "a \n", "trailing-whitespace"),
        ("a.py", "a\r\n", "trailing-whitespace"),
        ("a.py", "a", "end-of-file"),
        ("a.py", "a\n\n", "end-of-file"),
        ("a.py", "<<<<<<< HEAD\n", "merge-conflict"),
    ],
)
def test_bad_files(name, text, hook):
    assert list(hooks_that_object(name, text)) == [hook]


def test_good_files():
    assert not list(hooks_that_object("a.xml", GOOD_XML))
    assert not list(hooks_that_object("a.md", "a line break  \nb\n"))


def test_translations_keep_what_they_know():
    template, known = polib.POFile(), polib.POFile()
    template += [polib.POEntry(msgid=term) for term in ("New", "Won")]
    known += [polib.POEntry(msgid=term, msgstr=term.upper()) for term in ("Won", "Gone")]
    known.metadata["Language"] = "de"
    merged = translations.merged(template, known)
    assert {entry.msgid: entry.msgstr for entry in merged} == {"New": "", "Won": "WON"}
    assert merged.metadata["Language"] == "de"


def test_every_step_of_the_process_names_a_test_that_is_there():
    text = (settings.REPO / "docs" / "process.md").read_text()
    name = r"`((?:tests/)?test_\w+\.py)(?:::(\w+))?`"
    # tables without their heads and the lines below these
    steps = re.findall(r"^\| (?!somebody|phase).+$", text, re.M)
    assert len(steps) > 50
    assert not [step for step in steps if not re.search(name, step)]
    named = set(re.findall(name, text))
    assert len(named) > 40
    for file, test in named:
        folder = settings.REPO if "/" in file else settings.ADDON_PATH / "tests"
        source = (folder / file).read_text()
        assert not test or f"def {test}(" in source, (file, test)


def test_the_wheel_carries_the_licence():
    """A wheel is what is in the addon's folder."""
    licence = settings.ADDON_PATH / "LICENSE"
    assert licence.read_bytes() == (settings.REPO / "LICENSE").read_bytes()
