"""Installation and removal on databases that are in use."""

from .setup import clean, keep, neighbours, terms, views
from .setup.names import OurNames

# the stored columns of a database in use, and what they are filled with, one statement each
COLUMNS_SQL = """
    ALTER TABLE project_task
        ADD COLUMN IF NOT EXISTS lead_id int4,
        ADD COLUMN IF NOT EXISTS is_internal_presales bool,
        ADD COLUMN IF NOT EXISTS is_lead_ticket bool,
        ADD COLUMN IF NOT EXISTS is_presales bool;
    ALTER TABLE account_analytic_line ADD COLUMN IF NOT EXISTS lead_id int4;
    ALTER TABLE crm_lead
        ADD COLUMN IF NOT EXISTS next_follow_up date,
        ADD COLUMN IF NOT EXISTS main_order_id int4,
        ADD COLUMN IF NOT EXISTS order_cancelled bool,
        ADD COLUMN IF NOT EXISTS planned_revenue numeric,
        ADD COLUMN IF NOT EXISTS planned_prorated_revenue numeric,
        ADD COLUMN IF NOT EXISTS payment_count int4,
        ADD COLUMN IF NOT EXISTS payment_anchor_date date,
        ADD COLUMN IF NOT EXISTS value_source varchar DEFAULT 'manual',
        ADD COLUMN IF NOT EXISTS category_properties jsonb,
        ADD COLUMN IF NOT EXISTS service_done_date timestamp,
        ADD COLUMN IF NOT EXISTS service_hours float8,
        ADD COLUMN IF NOT EXISTS last_activity_date timestamp,
        ADD COLUMN IF NOT EXISTS project_state varchar DEFAULT 'none';
    ALTER TABLE mail_activity ADD COLUMN IF NOT EXISTS due_time float8 DEFAULT 0;
    ALTER TABLE mail_activity ALTER COLUMN due_time DROP DEFAULT;
    ALTER TABLE crm_lead
        ALTER COLUMN value_source DROP DEFAULT,
        ALTER COLUMN project_state DROP DEFAULT;
"""
VALUES_SQL = """
    UPDATE crm_lead SET project_state = 'no_project'
     WHERE won_status = 'won' AND project_state = 'none';
    UPDATE crm_lead SET next_follow_up = activity.date_deadline
      FROM (SELECT res_id, MIN(date_deadline) AS date_deadline
              FROM mail_activity
             WHERE res_model = 'crm.lead' AND active
          GROUP BY res_id) AS activity
     WHERE activity.res_id = crm_lead.id;
    UPDATE crm_lead SET main_order_id = offer.id
      FROM (SELECT opportunity_id, MIN(id) AS id
              FROM sale_order
             WHERE opportunity_id IS NOT NULL AND state != 'cancel'
          GROUP BY opportunity_id
            HAVING COUNT(*) = 1) AS offer
     WHERE offer.opportunity_id = crm_lead.id AND crm_lead.main_order_id IS NULL;
"""
# when somebody last did something about each lead: see crm_lead_stale.py
LAST_ACTIVITY_SQL = """
    UPDATE crm_lead SET last_activity_date = GREATEST(
        COALESCE(crm_lead.date_last_stage_update, crm_lead.create_date), activity.date)
      FROM (SELECT lead.id, MAX(activity.date) AS date
              FROM crm_lead AS lead
         LEFT JOIN (SELECT res_id AS lead_id, date
                      FROM mail_message
                     WHERE model = 'crm.lead'
                       AND (message_type IN
                            ('comment', 'email', 'email_outgoing', 'sms', 'whatsapp_message')
                            OR mail_activity_type_id IS NOT NULL)
                     UNION ALL
                    SELECT res_id, create_date FROM mail_activity
                     WHERE res_model = 'crm.lead' AND automated IS NOT TRUE
                     UNION ALL
                    SELECT lead_id, create_date FROM account_analytic_line
                     WHERE lead_id IS NOT NULL
                     UNION ALL
                    SELECT opportunity_id, create_date FROM sale_order
                     WHERE opportunity_id IS NOT NULL) AS activity ON activity.lead_id = lead.id
          GROUP BY lead.id) AS activity
     WHERE activity.id = crm_lead.id;
"""


def pre_init_hook(env):
    """Refuse what cannot work, give back what an earlier installation kept, and add the stored
    columns and fill them in SQL, one statement each.

    Without this the ORM would compute them in Python, record by record, for every lead
    and every analytic line of a database that has run CRM for years. Leads that were won
    before this addon came have been handed over long ago: they are not marked as pending.

    :raises UserError: when another module or its data is in the way
    """
    neighbours.check(env)
    env.cr.execute(COLUMNS_SQL)
    keep.restore(env.cr)
    env.cr.execute(VALUES_SQL)
    env.cr.execute(LAST_ACTIVITY_SQL)


def post_init_hook(env):
    """Give a database without leads the nine stages; leave any other one as it is.

    There, confirmed offers win their leads, and sent ones move them on. The history starts with
    one row per open lead. Core's lost reasons get their kinds.
    Our terms for core's labels win over core's in the languages that are installed already.

    :raises UserError: when a view that somebody made does not fit ours
    """
    views.check_custom_views(env, views.find_models(env, OurNames(env)))
    noted = neighbours.read_noted(env.cr)
    keep.finish(env)
    env["crm.stage"]._install_standard_stages()
    if not env["crm.lead"].with_context(active_test=False).search_count([], limit=1):
        env["res.company"].search([]).write(
            {"lead_won_by_order": True, "lead_offer_sent_stage": True}
        )
    neighbours.take_over(env, noted)
    env["crm.lead.history"]._record_open_leads()
    env["crm.lost.reason"]._fill_core_kinds()
    env["utm.source"]._name_lead_sources()
    env["crm.lead"]._keep_paid_services()
    terms.load(env, [code for code, _name in env["res.lang"].get_installed()])


def uninstall_hook(env):
    """Keep stages, reasons and sources: they belong to the leads, not to the addon that brought
    them. What names ours in the database goes, what belongs to leads is kept for another
    installation.

    Core's labels get core's translations back.
    """
    terms.unload(env, [code for code, _name in env["res.lang"].get_installed()])
    clean.clean(env)
    names = OurNames(env)
    keep.keep(env, names)
    _order_without_ours(env, names)
    env["ir.model.data"].search(
        [("module", "=", "lead_management"), ("model", "in", keep.KEPT_RECORDS)]
    ).unlink()


def _order_without_ours(env, names):
    """Odoo searches records while it drops our columns one by one: none may order by them.

    Only in the classes of this registry, which Odoo builds anew afterwards.
    """
    for model in names.extended:
        if model in env:
            order = env[model]._order
            kept = [part for part in order.split(",") if not names.in_path(model, part.split()[0])]
            type(env[model])._order = ",".join(kept)
