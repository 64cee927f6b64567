"""Columns of the planned payments: no lead has any yet, so there is nothing to compute."""


def migrate(cr, version):
    cr.execute("""
        ALTER TABLE crm_lead
            ADD COLUMN IF NOT EXISTS planned_revenue numeric,
            ADD COLUMN IF NOT EXISTS planned_prorated_revenue numeric
    """)
