"""When somebody last did something about each lead; our stages say after how many days it lies."""

from odoo.addons.lead_management.hooks import LAST_ACTIVITY_SQL


def migrate(cr, version):
    cr.execute("ALTER TABLE crm_lead ADD COLUMN IF NOT EXISTS last_activity_date timestamp")
    cr.execute(LAST_ACTIVITY_SQL)
    cr.execute(
        """
        UPDATE crm_stage SET rotting_threshold_days = 30
          FROM ir_model_data AS data
         WHERE data.model = 'crm.stage' AND data.module = 'lead_management'
           AND data.res_id = crm_stage.id
           AND COALESCE(rotting_threshold_days, 0) = 0 AND is_won IS NOT TRUE
        """
    )
