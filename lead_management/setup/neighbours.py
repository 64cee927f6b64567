"""Modules that cannot work beside this addon, and what of others it would take for its own."""

from odoo.exceptions import UserError
from odoo.models import MetaModel
from odoo.tools import SQL
from odoo.tools.sql import column_exists

from .keep import PREFIX
from .names import ADDON

STAGE_PROBABILITY = "crm_stage_probability"
NOTED = PREFIX + STAGE_PROBABILITY


def get_reasons(env):
    """Why which modules cannot be installed beside this one, by technical name."""
    return {
        "crm_timesheet": env._(
            "it records time on leads in its own way, with the same field names as Lead Management."
        ),
        "crm_project_create": env._(
            "it makes projects of leads in its own way; Lead Management does so when a lead is won."
        ),
        STAGE_PROBABILITY: env._(
            "it sets the probability of leads by their stage; Lead Management does so itself."
        ),
    }


def check(env):
    """Refuse the installation before it changes anything, in words.

    :raises UserError: when a module is in the way, or a field or column of one
    """
    found = env["ir.module.module"].search(
        [("name", "in", list(get_reasons(env))), ("state", "in", ("installed", "to upgrade"))]
    )
    if found:
        refuse(env, found)
    clashes = [*_find_fields(env), *_find_columns(env)]
    if clashes:
        raise UserError(
            env._(
                "Lead Management is not installed, nothing was changed: its data needs names that "
                "are taken.\n%(names)s\nRename or remove these fields, or uninstall the module "
                "they are from, and install again.",
                names="\n".join(f"- {clash}" for clash in clashes),
            )
        )


def check_newcomers(env):
    """Refuse modules that are being installed beside this one.

    :raises UserError: when one of them is in the way
    """
    modules = env["ir.module.module"].search(
        [("name", "in", [ADDON, *get_reasons(env)]), ("state", "!=", "uninstalled")]
    )
    states = {module.name: module.state for module in modules}
    if states.get(ADDON) in ("installed", "to upgrade"):
        if coming := modules.filtered(lambda module: module.state == "to install"):
            refuse(env, coming)


def refuse(env, modules):
    """Say which modules are in the way.

    Values that Lead Management could go on with are noted first, for the installation after the
    module is gone.

    :raises UserError: always
    """
    reasons = get_reasons(env)
    lines = [f"- {module.shortdesc} ({module.name}): {reasons[module.name]}" for module in modules]
    text = env._(
        "These modules cannot be used together with Lead Management:\n%(modules)s\nUninstall "
        "them first. Nothing was changed.",
        modules="\n".join(lines),
    )
    if STAGE_PROBABILITY in modules.mapped("name") and column_exists(
        env.cr, "crm_stage", "on_change"
    ):
        _note_probabilities(env)
        text += "\n" + env._(
            "The probabilities of your stages are noted: once “%(module)s” is uninstalled, "
            "install Lead Management again, and it takes them over.",
            module=STAGE_PROBABILITY,
        )
    raise UserError(text)


def _note_probabilities(env):
    """In a transaction of its own: the refusal undoes the one of the installation."""
    with env.registry.cursor() as cr:
        cr.execute(SQL("DROP TABLE IF EXISTS %s", SQL.identifier(NOTED)))
        cr.execute(
            SQL(
                "CREATE TABLE %s AS SELECT id, probability FROM crm_stage WHERE on_change",
                SQL.identifier(NOTED),
            )
        )


def read_noted(cr):
    """The noted probabilities in percent, by stage id."""
    cr.execute("SELECT to_regclass(%s)", [NOTED])
    if not cr.fetchone()[0]:
        return {}
    cr.execute(SQL("SELECT id, probability FROM %s", SQL.identifier(NOTED)))
    noted = dict(cr.fetchall())
    cr.execute(SQL("DROP TABLE %s", SQL.identifier(NOTED)))
    return noted


def take_over(env, noted):
    """Let stages set the probability that they set before. No lead's probability changes."""
    for stage in env["crm.stage"].browse(noted).exists():
        if not stage.is_won and 0 < noted[stage.id] < 100:
            stage.write({"uses_default_probability": True, "default_probability": noted[stage.id]})


def _get_definitions():
    """The fields that our classes add to models: model, name, field."""
    for definition in MetaModel._module_to_models__[ADDON]:
        names = {definition._name, *(definition._inherit or ())}
        for field in definition._field_definitions:
            if field._args__.get("store", not field._args__.get("compute")):
                for model in names:
                    yield model, field.name, field


def _find_fields(env):
    """Fields of other modules with our names and another meaning."""
    for model, name, field in _get_definitions():
        env.cr.execute(
            """SELECT field.ttype, field.relation, MIN(data.module)
                 FROM ir_model_fields AS field
            LEFT JOIN ir_model_data AS data
                      ON data.model = 'ir.model.fields' AND data.res_id = field.id
                WHERE field.model = %s AND field.name = %s
             GROUP BY field.id
               HAVING NOT bool_or(COALESCE(data.module, '') = %s)""",
            [model, name, ADDON],
        )
        for ttype, relation, module in env.cr.fetchall():
            comodel = field._args__.get("comodel_name")
            if field.type != ttype or comodel and relation and comodel != relation:
                yield env._(
                    "%(field)s of %(model)s, from %(module)s",
                    field=name,
                    model=model,
                    module=module or env._("a field of your own"),
                )


def _find_columns(env):
    """Columns with our names and values in them that no field stands for."""
    for model, name, field in _get_definitions():
        table = env[model]._table if model in env else None
        if not table or not field.column_type or not column_exists(env.cr, table, name):
            continue
        env.cr.execute("SELECT FROM ir_model_fields WHERE model = %s AND name = %s", [model, name])
        if env.cr.rowcount:
            continue
        names = SQL.identifier(name), SQL.identifier(table)
        env.cr.execute(SQL("SELECT FROM %s WHERE %s IS NOT NULL LIMIT 1", *reversed(names)))
        if env.cr.rowcount:
            yield env._("column %(column)s of table %(table)s", column=name, table=table)
