import json
import re

from lxml import etree

from odoo.tools.sql import column_exists

NAME = re.compile(r"(?<![\w.])project_id\b")
PLACE = "//field[@name='won_project_id']"


def migrate(cr, version):
    """The project of a won lead bears its name; the columns of the new fields are there."""
    cr.execute("""
        ALTER TABLE crm_lead
            ADD COLUMN IF NOT EXISTS category_properties jsonb,
            ADD COLUMN IF NOT EXISTS service_done_date timestamp,
            ADD COLUMN IF NOT EXISTS service_hours float8,
            ADD COLUMN IF NOT EXISTS order_cancelled bool;
        ALTER TABLE mail_activity ADD COLUMN IF NOT EXISTS due_time float8 DEFAULT 0;
        ALTER TABLE mail_activity ALTER COLUMN due_time DROP DEFAULT;
    """)
    if _is_shared(cr):
        cr.execute("""
            ALTER TABLE crm_lead ADD COLUMN won_project_id int4;
            UPDATE crm_lead SET won_project_id = project_id WHERE project_state = 'converted';
        """)
    elif column_exists(cr, "crm_lead", "project_id"):
        _rename(cr)
        _rename_in_views(cr)
    _rename_in_texts(cr)


def _is_shared(cr):
    """Whether another module has a field of the old name on leads: then that one stays."""
    cr.execute("""
        SELECT FROM ir_model_data
         WHERE name = 'field_crm_lead__project_id' AND module != 'lead_management'
    """)
    return bool(cr.rowcount)


def _rename(cr):
    cr.execute("""
        ALTER TABLE crm_lead RENAME COLUMN project_id TO won_project_id;
        DROP INDEX IF EXISTS crm_lead__project_id_index;
        ALTER TABLE crm_lead DROP CONSTRAINT IF EXISTS crm_lead_project_id_fkey;
        UPDATE ir_model_fields SET name = 'won_project_id'
         WHERE model = 'crm.lead' AND name = 'project_id';
        UPDATE ir_model_data SET name = 'field_crm_lead__won_project_id'
         WHERE module = 'lead_management' AND name = 'field_crm_lead__project_id';
    """)


def _rename_in_texts(cr):
    """Where users keep the name: filters and exports of leads, and the rule of project managers."""
    cr.execute(
        r"""
        UPDATE ir_filters
           SET domain = regexp_replace(domain, '([''"])project_id\M', '\1won_project_id', 'g'),
               context = regexp_replace(context, '([''"])project_id\M', '\1won_project_id', 'g')
         WHERE model_id = 'crm.lead';
        UPDATE ir_exports_line AS line
           SET name = 'won_' || line.name
          FROM ir_exports AS export
         WHERE export.id = line.export_id AND export.resource = 'crm.lead'
           AND line.name ~ '^project_id\M';
        UPDATE ir_rule
           SET domain_force = replace(domain_force, '''project_id.user_id''',
                                      '''won_project_id.user_id''')
          FROM ir_model_data AS data
         WHERE data.model = 'ir.rule' AND data.res_id = ir_rule.id
           AND data.module = 'lead_management' AND data.name = 'crm_lead_rule_project_manager'
        """
    )


def _rename_in_views(cr):
    """In our form and in the views that users made: a view that names a field that is gone
    stops the update. Lists within a form are of other models, whose fields keep their name.
    """
    cr.execute("""
        SELECT view.id, view.arch_db FROM ir_ui_view AS view
         WHERE view.model = 'crm.lead' AND view.arch_db::text ~ '\\mproject_id\\M'
           AND NOT EXISTS (SELECT FROM ir_model_data AS data
                            WHERE data.model = 'ir.ui.view' AND data.res_id = view.id
                              AND data.module != 'lead_management')
    """)
    for view_id, arch_db in cr.fetchall():
        archs = {lang: _rename_in_arch(arch) for lang, arch in arch_db.items()}
        cr.execute("UPDATE ir_ui_view SET arch_db = %s WHERE id = %s", [json.dumps(archs), view_id])


def _rename_in_arch(arch):
    root = etree.fromstring(arch)
    for node in root.iter(etree.Element):
        if any(_is_inner_view(parent) for parent in node.iterancestors("field")):
            continue
        for key, value in node.attrib.items():
            if key == "expr" and value.startswith("//field[@name='project_id']"):
                value = value.replace("//field[@name='project_id']", PLACE, 1)
            elif key != "expr":
                value = NAME.sub("won_project_id", value)
            node.set(key, value)
    return etree.tostring(root, encoding="unicode")


def _is_inner_view(field):
    """Whether what stands in the field is a view of another model."""
    return "position" not in field.attrib
