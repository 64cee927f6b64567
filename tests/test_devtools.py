"""Tests of what in devtools is computed and not set up."""

import textwrap
from pathlib import Path

import pytest

from devtools import apt_mirror, databases, file_checks, postgres, settings, testing
from devtools.browser_guard import is_browser_test
from devtools.steps import Failure

ONE_LINE = """
# deb http://commented.example/debian trixie main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian trixie main contrib # a note
deb-src http://mirror.example/debian trixie main
deb http://mirror.example/debian-security trixie-security main
"""

DEB822 = """\
Types: deb deb-src
# a comment
URIs: http://mirror.example/debian
Suites: trixie
 trixie-updates
Components: main
Signed-By: /k.gpg

Types: deb
URIs: http://other.example/debian
Suites: trixie
Components: main
Enabled: no
"""


def test_one_line_sources():
    first, security = apt_mirror.parse_one_line(ONE_LINE)
    assert first == {
        "uri": "http://mirror.example/debian",
        "suites": ["trixie"],
        "components": ["main", "contrib"],
        "options": {"arch": "amd64", "signed-by": "/k.gpg"},
    }
    assert security["suites"] == ["trixie-security"]


def test_deb822_sources():
    (entry,) = apt_mirror.parse_deb822(DEB822)
    assert entry["suites"] == ["trixie", "trixie-updates"]
    assert entry["options"] == {"signed-by": "/k.gpg"}


def test_mirror_is_the_one_of_the_machines_suite():
    entries = apt_mirror.parse_one_line("deb http://other.example/tools trixie tools\n" + ONE_LINE)
    assert apt_mirror.choose_mirror(entries, "trixie")["uri"] == "http://mirror.example/debian"


def test_third_party_suite_named_stable_is_no_mirror_when_debian_is_there():
    entries = apt_mirror.parse_one_line("deb http://other.example/apt stable main\n" + ONE_LINE)
    assert apt_mirror.choose_mirror(entries, "trixie")["uri"] == "http://mirror.example/debian"


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
    assert testing.names_tests(["-x", "tests/test_devtools.py::test_one_line_sources"])
    assert not testing.names_tests(["-k", "lead", "-x"])


def findings(text, name="some.xml"):
    return [message for _line, message in file_checks.check_xml(textwrap.dedent(text))] + [
        message for _line, message in file_checks.check_text(textwrap.dedent(text), Path(name))
    ]


def test_good_xml():
    assert not findings(
        """\
        <?xml version="1.0" encoding="UTF-8" ?>
        <odoo>
            <!-- a comment
              laid out freely -->
            <record id="a" model="b" />
        </odoo>
        """
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<odoo>\n", "no well-formed XML"),
        ("<odoo />\n", "the first line must be"),
        ('<?xml version="1.0" encoding="UTF-8" ?>\n<odoo>\n  <a />\n</odoo>\n', "indent with 4"),
        ('<?xml version="1.0" encoding="UTF-8" ?>\n<odoo>\n\t<a />\n</odoo>\n', "a tab"),
        ('<?xml version="1.0" encoding="UTF-8" ?>\n<odoo /> \n', "trailing white space"),
        ('<?xml version="1.0" encoding="UTF-8" ?>\n<odoo />', "end with one newline"),
    ],
)
def test_bad_xml(text, message):
    assert any(message in finding for finding in findings(text))


def test_tidy_keeps_markdown_line_breaks():
    assert file_checks.tidy("a  \nb\n\n", Path("x.md")) == "a  \nb\n"
    assert file_checks.tidy("a  \nb", Path("x.py")) == "a\nb\n"


def test_browser_tests_are_known_by_their_class():
    http_case = type("HttpCase", (), {})
    item = type("Item", (), {"cls": type("TestTour", (http_case,), {})})
    assert is_browser_test(item)
    assert not is_browser_test(type("Item", (), {"cls": object}))
