def migrate(cr, version):
    """Hide the tickets of leads and their subtasks; nobody has released one yet."""
    cr.execute("""
        ALTER TABLE project_task
            ADD COLUMN IF NOT EXISTS is_shown_to_customer bool,
            ADD COLUMN IF NOT EXISTS is_internal_presales bool,
            ADD COLUMN IF NOT EXISTS is_presales bool;
        UPDATE project_task SET is_presales = TRUE WHERE lead_id IS NOT NULL;
        WITH RECURSIVE presales AS (
            SELECT id FROM project_task WHERE lead_id IS NOT NULL
             UNION
            SELECT task.id FROM project_task AS task JOIN presales ON presales.id = task.parent_id
        )
        UPDATE project_task SET is_internal_presales = TRUE
          FROM presales
         WHERE presales.id = project_task.id
    """)
