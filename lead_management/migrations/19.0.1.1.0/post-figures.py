from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """As on a new installation: one row of history per open lead, kinds of lost reasons."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["crm.lead.history"]._record_open_leads()
    env["crm.lost.reason"]._fill_core_kinds()
