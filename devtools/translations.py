"""./dev i18n: the addon's terms as a template, merged into its translations.

The second half runs inside the Python environment: python -m devtools.translations.
"""

import sys
from pathlib import Path

from . import databases, environment, odoo, postgres, settings
from .steps import run_foreground, run_logged, step

try:
    import polib
except ImportError:  # outside the environment
    polib = None

TERMS = settings.ADDON_PATH / "i18n"
TEMPLATE = TERMS / f"{settings.ADDON}.pot"
# Made from the template when missing; others are merged if they are there.
LANGUAGE = "de"
WIDTH = 78


def export():
    """Write the .pot file from an installed addon and merge it into the .po files.

    With demo data: as in Odoo's own addons, its terms are translated too.
    """
    environment.ensure_environment()
    exported = settings.RUN / TEMPLATE.name
    with postgres.server(), databases.throw_away("i18n", demo=True) as database:
        with step(f"export {TEMPLATE.name}"):
            command = odoo.command("i18n", "export", "-d", database, "-o", exported, settings.ADDON)
            run_logged(command, "i18n-export", env=odoo.odoo_env(odoo.write_config()))
        merge = [environment.PYTHON, "-m", "devtools.translations", exported]
        return run_foreground(merge, env=odoo.odoo_env(), cwd=settings.REPO)


def merge(exported):
    """Write the template without dates, and bring each translation to its terms."""
    template = polib.pofile(exported, wrapwidth=WIDTH)
    for name in ("POT-Creation-Date", "PO-Revision-Date"):  # the same terms, the same file
        template.metadata.pop(name, None)
    TERMS.mkdir(exist_ok=True)
    template.save(str(TEMPLATE))
    for path in sorted({TERMS / f"{LANGUAGE}.po", *TERMS.glob("*.po")}):
        known = polib.pofile(str(path)) if path.exists() else polib.POFile()
        merged(template, known, path.stem).save(str(path))
        print(f"{path.name}: {len(polib.pofile(str(path)).untranslated_entries())} untranslated")


def merged(template, translation, language):
    """The template's terms, in its order, with what the translation knows of them."""
    known = {(entry.msgctxt, entry.msgid): entry for entry in translation if not entry.obsolete}
    result = polib.POFile(wrapwidth=WIDTH)
    result.header = translation.header or template.header
    result.metadata = {**template.metadata, **translation.metadata, "Language": language}
    result.metadata["Content-Transfer-Encoding"] = "8bit"
    for term in polib.pofile(str(template)):
        if entry := known.get((term.msgctxt, term.msgid)):
            term.msgstr = entry.msgstr
            term.flags = sorted({*term.flags, *(f for f in entry.flags if f == "fuzzy")})
        result.append(term)
    return result


if __name__ == "__main__":
    merge(*map(Path, sys.argv[1:]))
