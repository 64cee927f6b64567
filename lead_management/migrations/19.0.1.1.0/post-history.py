"""The history of leads begins: one row per lead in the pipeline."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["crm.lead.history"]._record_open_leads()
