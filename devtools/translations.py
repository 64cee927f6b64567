"""./dev i18n: the addon's terms as a template, merged into its translations."""

from . import databases, environment, odoo, postgres, settings
from .steps import Failure, run_logged, step

TERMS = settings.ADDON_PATH / "i18n"
TEMPLATE = TERMS / f"{settings.ADDON}.pot"
# Made from the template when missing; others are merged if they are there.
LANGUAGE = "de"


def export():
    """Write the .pot file from an installed addon and merge it into the .po files.

    With demo data: as in Odoo's own addons, its terms are translated too.
    """
    environment.ensure_environment()
    with postgres.server(), databases.throw_away("i18n", demo=True) as database:
        with step(f"export {TEMPLATE.name}"):
            _export_template(database)
    translations = {TERMS / f"{LANGUAGE}.po", *TERMS.glob("*.po")}
    with step(f"merge into {', '.join(sorted(path.name for path in translations))}"):
        run_logged(
            [environment.PYTHON, "-m", "devtools.po_merge", TEMPLATE, *sorted(translations)],
            "i18n-merge",
            cwd=settings.REPO,
        )


def _export_template(database):
    partial = settings.RUN / TEMPLATE.name
    partial.unlink(missing_ok=True)
    command = odoo.command("i18n", "export", "-d", database, "-o", partial, settings.ADDON)
    env = odoo.odoo_env(odoo.write_config())
    log = run_logged(command, "i18n-export", env=env, cwd=settings.REPO)
    if not partial.exists():
        raise Failure(f"nothing was exported, see {log}")
    TERMS.mkdir(exist_ok=True)
    TEMPLATE.write_text(partial.read_text())
    partial.unlink()
