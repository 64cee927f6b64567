from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # Core, before odoo/odoo#250694, computes this in the user's rights from a field that only
    # project users may read: salespeople who record hours could not open an offer at all.
    show_hours_recorded_button = fields.Boolean(compute_sudo=True)
