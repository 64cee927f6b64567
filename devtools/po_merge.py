"""Merge a template of terms into translations, as gettext's msgmerge does.

Runs inside the Python environment: python -m devtools.po_merge TEMPLATE PO...
"""

import sys
from pathlib import Path

import polib

WIDTH = 78
DATES = ("POT-Creation-Date", "PO-Revision-Date")


def merged(template, translation, language):
    """The template's terms with what the translation knows of them."""
    known = {(entry.msgctxt, entry.msgid): entry for entry in translation if not entry.obsolete}
    result = polib.POFile(wrapwidth=WIDTH)
    result.header = translation.header or template.header
    result.metadata = {**template.metadata, **translation.metadata, "Language": language}
    result.metadata["Content-Transfer-Encoding"] = "8bit"
    for term in template:
        entry = known.get((term.msgctxt, term.msgid))
        if entry:
            term.msgstr = entry.msgstr
            term.flags = sorted({*term.flags, *(f for f in entry.flags if f == "fuzzy")})
        result.append(term)
    return result


def drop_dates(path):
    """Take the dates out of a template: two exports of the same terms are the same."""
    template = polib.pofile(path, wrapwidth=WIDTH)
    for name in DATES:
        template.metadata.pop(name, None)
    template.save(path)


def main(args):
    """Merge the template into each translation, which is made when missing."""
    template_path, *paths = args
    drop_dates(template_path)
    for path in map(Path, paths):
        template = polib.pofile(template_path, wrapwidth=WIDTH)
        translation = polib.pofile(str(path)) if path.exists() else polib.POFile()
        result = merged(template, translation, path.stem)
        result.save(str(path))
        missing = len(result.untranslated_entries())
        print(f"{path.name}: {len(result)} terms, {missing} untranslated")


if __name__ == "__main__":
    main(sys.argv[1:])
