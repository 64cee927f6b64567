def migrate(cr, version):
    """Add the stored columns of planned payments: nobody has planned any, nothing to compute."""
    cr.execute("""
        ALTER TABLE crm_lead
            ADD COLUMN IF NOT EXISTS planned_revenue numeric,
            ADD COLUMN IF NOT EXISTS planned_prorated_revenue numeric,
            ADD COLUMN IF NOT EXISTS payment_count int4,
            ADD COLUMN IF NOT EXISTS payment_anchor_date date
    """)
