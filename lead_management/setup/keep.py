"""What stays in the database when the addon goes, and is found again when it comes back.

Odoo drops our columns and tables. Before it does, their rows are copied into tables named
``lead_management_kept_…``, which nothing reads until the addon is installed again.
"""

import logging

from odoo.tools import SQL

from .names import ADDON

_logger = logging.getLogger(__name__)

PREFIX = f"{ADDON}_kept_"
XMLIDS, REFERENCES, NEEDS = (PREFIX + name for name in ("xmlids", "references", "needs"))
# of core's models: records that stay when the addon goes; they get their external ids back
KEPT_RECORDS = ["crm.stage", "crm.lost.reason", "utm.source"]
# filled by the installation anyway
NOT_KEPT = {"crm_lead": ["next_follow_up", "last_activity_date"], "mail_activity": ["lead_plan_id"]}
# a value that follows offer or payments does so no more where somebody changed it since
KEPT_BESIDE = {"crm_lead": ["expected_revenue"]}


def keep(env, names):
    """Copy the rows of our tables and columns.

    :param OurNames names: the addon's names
    """
    env.flush_all()
    for table in _find_kept(env.cr):
        env.cr.execute(SQL("DROP TABLE %s", SQL.identifier(table)))
    tables = [env[model]._table for model in sorted(names.models) if _is_table(env, model)]
    for table in tables:
        _copy(env.cr, table, SQL("SELECT * FROM %s", SQL.identifier(table)))
    extended = []
    for model in names.extended:
        columns = _get_columns(env, model, names)
        if columns and _is_table(env, model):
            _keep_columns(env.cr, env[model]._table, columns)
            extended.append(env[model]._table)
    _keep_xmlids(env, names)
    _keep_needs(env.cr)
    _keep_references(env.cr, tables, extended)


def _is_table(env, model):
    model = env.get(model)
    return model is not None and model._auto and not model._transient and not model._abstract


def _get_columns(env, model, names):
    fields = env[model]._fields if model in env else {}
    ours = [name for owner, name in sorted(names.fields) if owner == model and name in fields]
    skipped = NOT_KEPT.get(env[model]._table, ()) if fields else ()
    return [
        name
        for name in ours
        if fields[name].store and fields[name].column_type and name not in skipped
    ]


def _copy(cr, name, query):
    cr.execute(SQL("CREATE TABLE %s AS %s", SQL.identifier(PREFIX + name), query))
    _logger.info("Uninstalling %s: kept %s rows of %s", ADDON, cr.rowcount, name)


def _keep_columns(cr, table, columns):
    """Those rows of a table of core's that have something of ours."""
    given = []
    for column in columns:
        # a number, a word or an object that says something
        text = SQL("%s::text", SQL.identifier(column))
        given.append(SQL("%s NOT IN ('false', '0', '0.0', '0.00', 'none', '{}')", text))
    selected = ["id", *columns, *KEPT_BESIDE.get(table, ())]
    _copy(
        cr,
        table,
        SQL(
            "SELECT %s FROM %s WHERE %s",
            SQL(", ").join(map(SQL.identifier, selected)),
            SQL.identifier(table),
            SQL(" OR ").join(given),
        ),
    )


def _keep_xmlids(env, names):
    models = [*KEPT_RECORDS, *sorted(names.models)]
    tables = [(model, env[model]._table) for model in models if _is_table(env, model)]
    _copy(
        env.cr,
        "xmlids",
        SQL(
            """SELECT data.name, data.model, data.res_id, data.noupdate, known.table_name
                 FROM ir_model_data AS data
                 JOIN UNNEST(%s, %s) AS known(model, table_name) ON known.model = data.model
                WHERE data.module = %s""",
            [model for model, _table in tables],
            [table for _model, table in tables],
            ADDON,
        ),
    )


def _keep_needs(cr):
    """What stages need of a lead, by name: our fields get other ids when they come back."""
    _copy(
        cr,
        "needs",
        SQL(
            """SELECT rel.stage_id, field.name
                 FROM crm_stage_required_field_rel AS rel
                 JOIN ir_model_fields AS field ON field.id = rel.field_id"""
        ),
    )


def _keep_references(cr, tables, extended):
    """Which columns of the kept tables refer to which tables: rows there may be gone by then."""
    _copy(
        cr,
        "references",
        SQL(
            """SELECT source.relname AS table_name, a.attname AS column_name,
                      target.relname AS target_name,
                      con.confdeltype != 'n' AND source.relname = ANY(%s) AS is_required
                 FROM pg_constraint AS con
                 JOIN pg_class AS source ON source.oid = con.conrelid
                 JOIN pg_class AS target ON target.oid = con.confrelid
                 JOIN pg_attribute AS a ON a.attrelid = con.conrelid AND a.attnum = con.conkey[1]
                 JOIN pg_namespace AS space
                      ON space.oid = source.relnamespace AND space.nspname = current_schema
                WHERE con.contype = 'f'
                  AND (source.relname = ANY(%s)
                       OR (source.relname = ANY(%s)
                           AND EXISTS (SELECT FROM information_schema.columns AS kept
                                        WHERE kept.table_name = %s || source.relname
                                          AND kept.table_schema = current_schema
                                          AND kept.column_name = a.attname)))""",
            tables,
            tables,
            extended,
            PREFIX,
        ),
    )


# ------------------------------------------------------------
# Coming back
# ------------------------------------------------------------


def _find_kept(cr):
    cr.execute(
        """SELECT table_name FROM information_schema.tables
            WHERE table_schema = current_schema AND starts_with(table_name, %s)
         ORDER BY table_name""",
        [PREFIX],
    )
    return [name for (name,) in cr.fetchall()]


def restore(cr):
    """Give rows that were kept back to the tables and columns they came from.

    Called before the addon's models are loaded. Rows and references whose record was deleted
    meanwhile stay away.

    """
    kept = _find_kept(cr)
    if REFERENCES not in kept:
        return
    for name in kept:
        if name not in (XMLIDS, REFERENCES, NEEDS):
            table = name.removeprefix(PREFIX)
            cr.execute("SELECT to_regclass(%s)", [table])
            (_restore_columns if cr.fetchone()[0] else _restore_table)(cr, table)
    cr.execute(SQL("SELECT * FROM %s", SQL.identifier(REFERENCES)))
    references = cr.fetchall()
    for _round in range(2):  # what a deleted row took along may be referred to, too
        for reference in references:
            _drop_broken(cr, *reference)
    _restore_xmlids(cr)
    _bring_up_to_date(cr)


def _bring_up_to_date(cr):
    """What happened while nobody looked: decisions, values, hours on tickets."""
    cr.execute(
        SQL(
            """
            UPDATE crm_lead
               SET project_state = CASE WHEN won_project_id IS NOT NULL THEN 'converted'
                                        WHEN won_status != 'won' THEN 'none'
                                        WHEN project_state = 'converted' THEN 'pending'
                                        ELSE project_state END
             WHERE project_state != 'none';
            UPDATE crm_lead SET value_source = 'manual'
              FROM %s AS kept
             WHERE kept.id = crm_lead.id AND crm_lead.value_source != 'manual'
               AND kept.expected_revenue IS DISTINCT FROM crm_lead.expected_revenue;
            UPDATE account_analytic_line AS line SET lead_id = task.lead_id
              FROM project_task AS task
              JOIN res_company AS company ON company.lead_project_id = task.project_id
             WHERE task.id = line.task_id AND line.lead_id IS NULL AND task.lead_id IS NOT NULL
            """,
            SQL.identifier(PREFIX + "crm_lead"),
        )
    )


def _get_kept_columns(cr, table):
    cr.execute(
        """SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
            WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped""",
        [PREFIX + table],
    )
    return dict(cr.fetchall())


def _restore_table(cr, table):
    """One of our own tables, as Odoo makes them; Odoo adds constraints and indexes."""
    names = {"table": SQL.identifier(table), "kept": SQL.identifier(PREFIX + table)}
    sequence = SQL.identifier(f"{table}_id_seq")
    cr.execute(
        SQL(
            """CREATE TABLE %(table)s AS TABLE %(kept)s;
               CREATE SEQUENCE %(sequence)s OWNED BY %(table)s.id;
               ALTER TABLE %(table)s ALTER id SET DEFAULT nextval(%(name)s), ADD PRIMARY KEY (id);
               SELECT setval(%(name)s, COALESCE(MAX(id), 0) + 1, FALSE) FROM %(table)s""",
            sequence=sequence,
            name=f"{table}_id_seq",
            **names,
        )
    )
    _logger.info("Installing %s: %s is back", ADDON, table)


def _restore_columns(cr, table):
    beside = KEPT_BESIDE.get(table, ())
    columns = {
        name: kind
        for name, kind in _get_kept_columns(cr, table).items()
        if name != "id" and name not in beside
    }
    if not columns:
        return
    added = [
        SQL("ADD COLUMN IF NOT EXISTS %s %s", SQL.identifier(name), SQL(kind))
        for name, kind in columns.items()
    ]
    cr.execute(SQL("ALTER TABLE %s %s", SQL.identifier(table), SQL(", ").join(added)))
    cr.execute(
        SQL(
            "UPDATE %s AS now SET %s FROM %s AS kept WHERE kept.id = now.id",
            SQL.identifier(table),
            SQL(", ").join(
                SQL("%s = %s", SQL.identifier(name), SQL.identifier("kept", name))
                for name in columns
            ),
            SQL.identifier(PREFIX + table),
        )
    )
    _logger.info("Installing %s: %s rows of %s have theirs back", ADDON, cr.rowcount, table)


def _drop_broken(cr, table, column, target, is_required):
    """Rows of ours without what they need go, other references are emptied."""
    cr.execute(
        """SELECT FROM information_schema.columns
            WHERE table_schema = current_schema AND table_name = %s AND column_name = %s
              AND to_regclass(%s) IS NOT NULL""",
        [table, column, target],
    )
    if not cr.rowcount:
        return
    names = {
        "table": SQL.identifier(table),
        "column": SQL.identifier(column),
        "target": SQL.identifier(target),
    }
    change = "DELETE FROM %(table)s" if is_required else "UPDATE %(table)s SET %(column)s = NULL"
    cr.execute(
        SQL(
            """%(change)s WHERE %(column)s IS NOT NULL
                 AND NOT EXISTS (SELECT FROM %(target)s WHERE id = %(table)s.%(column)s)""",
            change=SQL(change, **names),
            **names,
        )
    )


def _restore_xmlids(cr):
    cr.execute(SQL("SELECT DISTINCT table_name FROM %s", SQL.identifier(XMLIDS)))
    for (table,) in cr.fetchall():
        cr.execute(
            SQL(
                """INSERT INTO ir_model_data (module, name, model, res_id, noupdate)
                        SELECT %s, kept.name, kept.model, kept.res_id, kept.noupdate
                          FROM %s AS kept JOIN %s AS record ON record.id = kept.res_id
                         WHERE kept.table_name = %s
                   ON CONFLICT DO NOTHING""",
                ADDON,
                SQL.identifier(XMLIDS),
                SQL.identifier(table),
                table,
            )
        )


def finish(env):
    """Once the addon's models are there: what the ORM knows, and no kept table is needed."""
    cr = env.cr
    kept = _find_kept(cr)
    if NEEDS in kept:
        cr.execute(
            SQL(
                """INSERT INTO crm_stage_required_field_rel (stage_id, field_id)
                        SELECT kept.stage_id, field.id
                          FROM %s AS kept
                          JOIN crm_stage AS stage ON stage.id = kept.stage_id
                          JOIN ir_model_fields AS field
                               ON field.model = 'crm.lead' AND field.name = kept.name
                   ON CONFLICT DO NOTHING""",
                SQL.identifier(NEEDS),
            )
        )
    for table in kept:
        cr.execute(SQL("DROP TABLE %s", SQL.identifier(table)))
    leads = env["crm.lead"].with_context(active_test=False)
    leads = leads.search(["|", ("payment_ids", "!=", False), ("service_task_id", "!=", False)])
    for name, field in leads._fields.items():
        if name.startswith(("planned_", "service_")) and field.store and field.compute:
            env.add_to_compute(field, leads)
    env.invalidate_all()
