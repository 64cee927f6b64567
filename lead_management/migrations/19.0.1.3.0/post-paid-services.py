"""Paid services that were used stay on; others are off until somebody switches them on."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["crm.lead"]._keep_paid_services()
