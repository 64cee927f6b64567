def migrate(cr, version):
    """Every task with a lead was one of its tickets until now."""
    cr.execute("ALTER TABLE project_task ADD COLUMN IF NOT EXISTS is_lead_ticket bool")
    cr.execute("UPDATE project_task SET is_lead_ticket = TRUE WHERE is_presales")
