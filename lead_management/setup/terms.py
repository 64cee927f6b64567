"""Our words for core's labels: they replace core's words, never those that people chose."""

import os

from odoo.tools.misc import file_path
from odoo.tools.translate import TranslationImporter, get_po_paths, translation_file_reader

from .names import ADDON

MODELS = ("ir.model", "ir.model.fields", "ir.model.fields.selection")


def load(env, langs):
    """Give labels that we share with other modules our words, where they still have core's."""
    for record, field, lang, ours, theirs in _find_shared(env, langs):
        if _read(record, field, lang) in (None, theirs):
            _write(record, field, lang, ours)
    _forget(env)


def unload(env, langs):
    """Give these labels core's words back, where they still have ours."""
    for record, field, lang, ours, theirs in _find_shared(env, {*langs, "en_US"}):
        if theirs and _read(record, field, lang) == ours:
            _write(record, field, lang, theirs)
    _forget(env)


def _forget(env):
    env.invalidate_all()
    env.registry.clear_all_caches()


def _find_shared(env, langs):
    """The labels of records that we and other modules have, with both words for them.

    :return: list of ``(record, field, lang, our word, their word or None)``
    """
    env.flush_all()
    env.cr.execute(
        """SELECT ours.model, ours.res_id, ours.name, theirs.module, theirs.name
             FROM ir_model_data AS ours
             JOIN ir_model_data AS theirs
                  ON theirs.model = ours.model AND theirs.res_id = ours.res_id
                     AND theirs.module != ours.module
            WHERE ours.module = %s AND ours.model = ANY(%s)
         ORDER BY theirs.id DESC""",
        [ADDON, list(MODELS)],
    )
    rows = env.cr.fetchall()
    modules = {ADDON, *(row[3] for row in rows)}
    words = {(module, lang): _read_file(env, module, lang) for module in modules for lang in langs}
    found = {}
    for model, res_id, name, module, other in rows:
        for lang in langs:
            theirs = words[module, lang]
            for (xmlid, field), word in words[ADDON, lang].get(model, {}).items():
                if xmlid == f"{ADDON}.{name}":
                    known = theirs.get(model, {}).get((f"{module}.{other}", field))
                    key = env[model].browse(res_id), field, lang, word
                    found[key] = known or found.get(key)
    return [(*key, theirs) for key, theirs in found.items() if key[3] != theirs]


def _read_file(env, module, lang):
    """A module's words: by model, then by external id and field."""
    words = {}
    if lang == "en_US":
        try:
            path = file_path(os.path.join(module, "i18n", f"{module}.pot"))
        except FileNotFoundError:
            return words
        with open(path, "rb") as file:
            for row in translation_file_reader(file, fileformat="po"):
                if row.get("type") == "model" and row.get("imd_model") in MODELS:
                    key = f"{row['module']}.{row['imd_name']}", row["name"].split(",")[1]
                    words.setdefault(row["imd_model"], {})[key] = row["src"]
        return words
    importer = TranslationImporter(env.cr, verbose=False)
    for path in get_po_paths(module, lang):
        importer.load_file(path, lang)
    for model in MODELS:
        for field, records in importer.model_translations.get(model, {}).items():
            for xmlid, translations in records.items():
                words.setdefault(model, {})[xmlid, field] = translations[lang]
    return words


def _read(record, field, lang):
    """What the database has for a language; None where it has nothing of its own."""
    record.env.cr.execute(
        f'SELECT "{field}"->>%s FROM "{record._table}" WHERE id = %s', [lang, record.id]
    )
    row = record.env.cr.fetchone()
    return row and row[0]


def _write(record, field, lang, word):
    # as Odoo's own loading of terms does: these records refuse to be written
    record.env.cr.execute(
        f'UPDATE "{record._table}" SET "{field}" = "{field}" || jsonb_build_object(%s, %s::text)'
        " WHERE id = %s",
        [lang, word, record.id],
    )
