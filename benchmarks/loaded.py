"""Two databases with the same leads: stock CRM, and the addon installed on them.

Everything is loaded by SQL. The random numbers have a fixed seed.
"""

import contextlib
import os
import time
from dataclasses import dataclass

from odoo import sql_db
from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry

from devtools import databases, odoo, postgres, settings
from devtools.steps import step

LEADS = 100_000
PAYMENTS = 3  # per lead
OWNERS = 10
# stages of a company that has run CRM for years, with the probability of the leads in them
STAGES = {
    "New": 5,
    "In Progress": 10,
    "First Contact": 20,
    "Needs Analysis": 30,
    "Converted": 40,
    "Opened": 50,
    "Offer Made": 75,
    "Negotiation": 90,
}

SETUP = """
    SELECT setseed(0.4242);
    CREATE TEMPORARY TABLE bench_stage AS
        SELECT row_number() OVER (ORDER BY sequence) - 1 AS number, id, color AS probability
          FROM crm_stage WHERE is_won IS NOT TRUE;
    CREATE TEMPORARY TABLE bench_owner AS
        SELECT row_number() OVER (ORDER BY id) - 1 AS number, id
          FROM res_users WHERE login LIKE 'bench%';
"""
# 60 % open, 15 % won, 25 % declined
LOAD_LEADS = f"""
    INSERT INTO crm_lead (
        name, type, contact_name, email_from, email_normalized, city, country_id,
        stage_id, won_status, active, probability, automated_probability,
        expected_revenue, prorated_revenue, date_deadline, priority, user_id, team_id, company_id,
        source_id, lost_reason_id, create_uid, write_uid, create_date, write_date, date_open,
        date_last_stage_update, date_closed)
    SELECT 'Lead ' || n, 'opportunity', 'Contact ' || n, mail, mail, 'City ' || n % 500, country,
           CASE WHEN status = 'won' THEN won_stage ELSE stage.id END, status, status != 'lost',
           chance, chance, value, ROUND((value * chance / 100)::numeric, 2),
           CASE WHEN r_date > 0.15 THEN CURRENT_DATE + (r_when * 730)::int - 180 END,
           (n % 4)::varchar, owner.id, team, company, source, reason, 2, 2,
           created, created, created, created, CASE WHEN status != 'pending' THEN created END
      FROM (SELECT n, random() AS r_date, random() AS r_when,
                   'lead' || n || '@customer.example' AS mail,
                   ROUND((random() * 40000)::numeric, 2) AS value,
                   CASE WHEN r < 0.6 THEN 'pending' WHEN r < 0.75 THEN 'won' ELSE 'lost' END
                       AS status,
                   (random() * 1000)::int AS number, now() - random() * INTERVAL '700 days'
                       AS created
              FROM (SELECT n, random() AS r
                      FROM generate_series(1, current_setting('bench.leads')::int) AS n) AS series
           ) AS drawn
      JOIN bench_stage AS stage ON stage.number = drawn.number % {len(STAGES)}
      JOIN bench_owner AS owner ON owner.number = drawn.n % {OWNERS}
CROSS JOIN LATERAL (SELECT CASE status WHEN 'won' THEN 100 WHEN 'lost' THEN 0
                                ELSE stage.probability END AS chance) AS likely
CROSS JOIN (SELECT (SELECT id FROM crm_stage WHERE is_won LIMIT 1) AS won_stage,
                   (SELECT id FROM crm_team WHERE active ORDER BY id LIMIT 1) AS team,
                   (SELECT id FROM res_company ORDER BY id LIMIT 1) AS company,
                   (SELECT id FROM res_country WHERE code = 'DE') AS country,
                   (SELECT id FROM utm_source ORDER BY id LIMIT 1) AS source,
                   (SELECT id FROM crm_lost_reason ORDER BY id LIMIT 1) AS reason) AS fixed;
    UPDATE crm_lead SET lost_reason_id = NULL WHERE won_status != 'lost';
"""
# a follow-up for every other open lead
LOAD_ACTIVITIES = """
    INSERT INTO mail_activity (
        res_model, res_model_id, res_id, res_name, activity_type_id, user_id, date_deadline,
        summary, active, automated, create_uid, create_date, write_uid, write_date)
    SELECT 'crm.lead', (SELECT id FROM ir_model WHERE model = 'crm.lead'), lead.id, lead.name,
           (SELECT id FROM mail_activity_type WHERE active ORDER BY id LIMIT 1), lead.user_id,
           CURRENT_DATE + (random() * 120)::int - 30, 'Call', TRUE, FALSE, 2, now(), 2, now()
      FROM crm_lead AS lead
     WHERE lead.won_status = 'pending' AND lead.id % 2 = 0
"""
# 30, 50 and 20 % for four leads of five; the others have a rest that is not planned
LOAD_PAYMENTS = f"""
    SELECT setseed(0.2424);
    INSERT INTO crm_lead_payment (
        lead_id, sequence, name, date, percentage, amount, amount_weighted,
        create_uid, create_date, write_uid, write_date)
    SELECT lead.id, 10 * n, 'Payment ' || n,
           CASE WHEN random() > 0.1 THEN COALESCE(lead.date_deadline, CURRENT_DATE)
                                         + 45 * n + (random() * 60)::int END,
           share, amount, ROUND((amount * lead.probability / 100)::numeric, 2), 2, now(), 2, now()
      FROM crm_lead AS lead
CROSS JOIN generate_series(1, {PAYMENTS}) AS n
CROSS JOIN LATERAL (SELECT CASE n WHEN 1 THEN 30 WHEN 2 THEN 50
                                ELSE CASE WHEN lead.id % 5 = 0 THEN 10 ELSE 20 END END
                           AS share) AS part
CROSS JOIN LATERAL (SELECT ROUND(lead.expected_revenue * share / 100, 2) AS amount) AS money;
    UPDATE crm_lead SET planned_revenue = total, planned_prorated_revenue = total_weighted
      FROM (SELECT lead_id, SUM(amount) AS total, SUM(amount_weighted) AS total_weighted
              FROM crm_lead_payment GROUP BY lead_id) AS payment
     WHERE payment.lead_id = crm_lead.id;
"""


@dataclass
class Loaded:
    """The databases, open, and what was measured while they were made."""

    stock: Registry
    addon: Registry
    seconds_installing: float
    leads: int = LEADS


@contextlib.contextmanager
def loaded_databases(leads=LEADS):
    """Yield the two databases; they are dropped at the end."""
    stock, addon = (f"bench_{kind}_{os.getpid()}" for kind in ("stock", "addon"))
    try:
        databases.create(stock, addon=False)
        with step(f"load {leads:,} leads"):
            load_stock(Registry(stock), leads)
            close(stock)  # a database in use cannot be cloned
            databases.clone(stock, addon)
        with step("install the addon on them"):
            start = time.perf_counter()
            odoo.build(["-d", addon, "-i", settings.ADDON], f"db-{addon}")
            seconds = time.perf_counter() - start
        with step(f"load {leads * PAYMENTS:,} planned payments"):
            load_payments(Registry(addon))
            for name in (stock, addon):
                # what the loading left behind must not count for either
                postgres.query("VACUUM (FULL, ANALYZE) crm_lead", name)
                postgres.query("VACUUM ANALYZE", name)
        yield Loaded(Registry(stock), Registry(addon), seconds, leads)
    finally:
        for name in (stock, addon):
            close(name)
            databases.drop(name)


def close(name):
    """Forget a database and its connections."""
    Registry.delete(name)
    sql_db.close_db(name)


def load_stock(registry, leads):
    """Fill a database without the addon: owners, stages, leads, follow-ups, scoring."""
    with registry.cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        group = env.ref("sales_team.group_sale_salesman_all_leads")
        env["res.users"].with_context(no_reset_password=True).create(
            [
                {"name": f"Owner {n}", "login": f"bench{n}", "group_ids": [(4, group.id)]}
                for n in range(OWNERS)
            ]
        )
        env["crm.stage"].search([("is_won", "=", False)]).unlink()
        # the colour carries the probability to the SQL below
        env["crm.stage"].create(
            [
                {"name": name, "sequence": number, "color": probability}
                for number, (name, probability) in enumerate(STAGES.items())
            ]
        )
        env["crm.stage"].search([("is_won", "=", True)]).sequence = len(STAGES)
        env.flush_all()
        cr.execute("SELECT set_config('bench.leads', %s, TRUE)", [str(leads)])
        for script in (SETUP, LOAD_LEADS, LOAD_ACTIVITIES):
            cr.execute(script)
        cr.execute("UPDATE crm_stage SET color = 0")
        env.invalidate_all()
        env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
        env["crm.lead"]._rebuild_pls_frequency_table()


def load_payments(registry):
    """Fill what the addon adds."""
    with registry.cursor() as cr:
        cr.execute(LOAD_PAYMENTS)
