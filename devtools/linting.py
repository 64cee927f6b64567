"""./dev lint: the checks of .pre-commit-config.yaml on every file git knows or would add."""

import shutil

from . import environment, settings, system
from .odoo import odoo_env
from .steps import capture, run_foreground

# Empty, so that every file counts as new, committed or not, in a repository or a copy of one.
GIT_DIR = settings.HOME / "lint.git"


def lint(fix=False):
    """Run all checks; returns their exit code."""
    system.ensure_program("git")
    environment.ensure_environment()
    env = dict(odoo_env(), PRE_COMMIT_HOME=str(settings.HOME / "pre-commit"))
    capture(["git", "init", "--quiet", "--bare", GIT_DIR])
    env.update(GIT_DIR=str(GIT_DIR), GIT_WORK_TREE=str(settings.REPO), PRE_COMMIT_COLOR="never")
    if not shutil.which("node"):
        env["SKIP"] = "javascript"
    listed = ["git", "ls-files", "--others", "--exclude-standard"]
    files = capture(listed, env=env, cwd=settings.REPO).splitlines()
    command = [environment.tool("pre-commit"), "run"]
    if fix:
        manual = [*command, "--hook-stage", "manual", "--files", *files]
        run_foreground(manual, env=env, cwd=settings.REPO)
    return run_foreground([*command, "--files", *files], env=env, cwd=settings.REPO)
