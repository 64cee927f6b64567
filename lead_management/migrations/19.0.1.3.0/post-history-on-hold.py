"""The history says until when leads are on hold: a row for those that are, from now on."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["crm.lead.history"]._record_open_leads()
