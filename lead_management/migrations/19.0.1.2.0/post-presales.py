from odoo import SUPERUSER_ID, api
from odoo.fields import Domain


def migrate(cr, version):
    """Time spent on tasks that customers see is without presales hours: few tasks have any."""
    env = api.Environment(cr, SUPERUSER_ID, {"active_test": False})
    shown, has_lead = Domain("is_internal_presales", "!=", True), Domain("lead_id", "!=", False)
    hours = env["account.analytic.line"].search(has_lead & Domain("task_id", "any", shown))
    hours.modified(["lead_id"])
    tickets = env["project.task"].search(~shown & Domain("parent_id", "any", shown))
    tickets.modified(["is_internal_presales"])
