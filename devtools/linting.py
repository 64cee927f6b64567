"""./dev lint: every check of the code's form, all of them before the verdict."""

import shutil
import subprocess

from . import environment, settings
from .odoo import odoo_env
from .steps import Failure, capture, say


def lint(fix=False):
    """Run all checks; returns 1 when one of them found something."""
    environment.ensure_environment()
    files = repository_files()
    failed = [title for title, command in checks(files, fix) if not passes(title, command)]
    if not javascript_parses([name for name in files if name.endswith(".js")]):
        failed.append("JavaScript")
    if failed:
        say(f"\nlint failed: {', '.join(failed)}")
        if not fix:
            say("What to do: ./dev lint --fix repairs the formatting; the rest is by hand")
        return 1
    say("\nlint passed")
    return 0


def checks(files, fix):
    """The checks as pairs of a title and a command."""
    ruff = environment.tool("ruff")
    found = [
        ("ruff", [ruff, "check", "--quiet", *(["--fix"] if fix else []), "."]),
        ("ruff format", [ruff, "format", "--quiet", *([] if fix else ["--diff"]), "."]),
        (
            "text and XML files",
            [environment.PYTHON, "-m", "devtools.file_checks", *(["--fix"] if fix else []), *files],
        ),
    ]
    if fix:
        found.reverse()  # what the others rewrite, ruff's formatting comes last
    if not (settings.ADDON_PATH / "__manifest__.py").exists():
        return found
    translations = [name for name in files if name.endswith((".po", ".pot"))]
    options = ["--fix"] if fix else []
    found += [
        ("pylint-odoo", [environment.tool("pylint"), settings.ADDON]),
        ("OCA module", [environment.tool("oca-checks-odoo-module"), *options, settings.ADDON]),
    ]
    if translations:
        found.append(
            # The pretty format drops translations that equal the English term; we keep them,
            # so that "untranslated" always means that somebody has to translate.
            (
                "OCA translations",
                [
                    environment.tool("oca-checks-po"),
                    "--disable=po-pretty-format",
                    *options,
                    *translations,
                ],
            )
        )
    return found


def passes(title, command):
    """Run one check and print its findings, if any."""
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=odoo_env(),
        cwd=settings.REPO,
    )
    say(f"==> {title}: {'ok' if not done.returncode else 'FAILED'}")
    if done.returncode:
        say(done.stdout.rstrip())
    return not done.returncode


def javascript_parses(files):
    """Have Node.js, where there is one, parse the scripts as modules."""
    node = shutil.which("node")
    if not node or not files:
        return True
    findings = []
    for name in files:
        with (settings.REPO / name).open() as source:
            done = subprocess.run(
                [node, "--input-type=module", "--check"],
                stdin=source,
                capture_output=True,
                text=True,
            )
        if done.returncode:
            findings.append(f"{name}: {done.stderr.strip()}")
    say(f"==> JavaScript: {'ok' if not findings else 'FAILED'}")
    for finding in findings:
        say(finding)
    return not findings


def repository_files():
    """The repository's own files: those git knows or would add."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard"]
    try:
        listed = capture(command, cwd=settings.REPO).splitlines()
    except (Failure, OSError):
        paths = (path.relative_to(settings.REPO) for path in settings.REPO.rglob("*"))
        listed = [str(path) for path in paths if not path.parts[0].startswith(".")]
        listed = [name for name in listed if "__pycache__" not in name]
    return sorted({name for name in listed if (settings.REPO / name).is_file()})
