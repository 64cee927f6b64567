"""./dev i18n: the addon's terms as a template, merged into its translations.

The second half runs inside the Python environment: python -m devtools.translations.
"""

import sys

from . import databases, environment, odoo, postgres, settings
from .steps import run_foreground, run_logged, step

TERMS = settings.ADDON_PATH / "i18n"
TEMPLATE = TERMS / f"{settings.ADDON}.pot"
WIDTH = 78


def export():
    """Write the .pot file from an installed addon and merge it into the .po files.

    With demo data: as in Odoo's own addons, its terms are translated too.
    """
    exported = settings.RUN / TEMPLATE.name
    with postgres.server(), databases.throw_away("i18n", demo=True) as database:
        with step(f"export {TEMPLATE.name}"):
            command = odoo.command("i18n", "export", "-d", database, "-o", exported, settings.ADDON)
            run_logged(command, "i18n-export", env=odoo.odoo_env(odoo.write_config()))
        merge = [environment.PYTHON, "-m", "devtools.translations", exported]
        return run_foreground(merge, env=odoo.odoo_env(), cwd=settings.REPO)


def merge(exported):
    """Write the template without dates, and bring each translation to its terms."""
    import polib  # in the environment only

    template = polib.pofile(exported, wrapwidth=WIDTH)
    for name in ("POT-Creation-Date", "PO-Revision-Date"):  # the same terms, the same file
        template.metadata.pop(name, None)
    template.save(str(TEMPLATE))
    for path in sorted(TERMS.glob("*.po")):
        translation = merged(polib.pofile(str(TEMPLATE), wrapwidth=WIDTH), polib.pofile(str(path)))
        translation.save(str(path))
        print(f"{path.name}: {len(translation.untranslated_entries())} untranslated")


def merged(template, translation):
    """The template's terms, in its order, with what the translation knows of them."""
    known = {(entry.msgctxt, entry.msgid): entry for entry in translation if not entry.obsolete}
    for term in template:
        if entry := known.get((term.msgctxt, term.msgid)):
            term.msgstr = entry.msgstr
            term.flags = sorted({*term.flags, *(flag for flag in entry.flags if flag == "fuzzy")})
    template.header = translation.header or template.header
    template.metadata = {**template.metadata, **translation.metadata}
    return template


if __name__ == "__main__":
    merge(sys.argv[1])
