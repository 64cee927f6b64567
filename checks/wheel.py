"""./dev wheel: builds the addon's wheel, and proves it in an empty Python environment.

There Odoo is what it is here; the addon is the wheel's, and so are the tests that run.
"""

import shutil
import sys
import zipfile

from devtools import databases, environment, odoo, odoo_source, settings, testing
from devtools.steps import Failure, run_foreground, run_logged, say, step

FOLDER = settings.HOME / "wheel"
CARRIED = ("LICENSE", "README.rst", "readme/HISTORY.md", "__manifest__.py", "i18n/de.po")
# not all, but of each kind: rules, screens, reports, the handover
TESTS = tuple(
    f"test_{name}.py"
    for name in ("crm_lead_declined", "crm_lead_screens", "movements", "crm_lead_won")
)


def main():
    """Build it and try it; returns 1 where something fails."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    env, python = environment.uv_env(), FOLDER / "venv" / "bin" / "python"
    with step("build the wheel and an environment with it"):
        build = [environment.UV, "build", "--wheel", "--out-dir", FOLDER, settings.ADDON_PATH]
        run_logged(build, "wheel", env=env)
        (wheel,) = FOLDER.glob("*.whl")
        check_files(wheel)
        run_logged([environment.UV, "venv", FOLDER / "venv"], "wheel-venv", env=env)
        pip = [environment.UV, "pip", "install", "--python", python]
        run_logged([*pip, "-r", settings.LOCK], "wheel-packages", env=env)
        run_logged([*pip, "--no-deps", wheel], "wheel-install", env=env)
        (site,) = (FOLDER / "venv").glob("lib/python3*/site-packages")
        (site / "odoo_source.pth").write_text(f"{odoo_source.python_path()}\n")
    core = ",".join(map(str, odoo_source.addons_folders()))
    with databases.throw_away("wheel", addon=False) as name:
        config = odoo.write_config(name, addons_path=core)
        with step("install the addon from the wheel"):
            command = [python, "-m", "odoo", "-c", config, "-i", settings.ADDON]
            command += ["--no-http", "--stop-after-init"]
            log = run_logged(command, "wheel-odoo", env=odoo.odoo_env(config), cwd="/")
            databases.check_installed(name, [settings.ADDON], log)
        tests = [site / "odoo" / "addons" / settings.ADDON / "tests" / test for test in TESTS]
        command = testing.pytest_command(config, name, [*map(str, tests), "-q"])
        return run_foreground([python, *command[1:]], env=testing.test_env(), cwd="/")


def check_files(wheel):
    """The wheel has what it must carry."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name.removeprefix(f"odoo/addons/{settings.ADDON}/") for name in archive.namelist()}
    if missing := [name for name in CARRIED if name not in names]:
        raise Failure(f"{wheel.name} lacks {', '.join(missing)}", "git add what is missing")
    say(f"    {wheel}: {len(names)} files")


if __name__ == "__main__":
    sys.exit(main())
