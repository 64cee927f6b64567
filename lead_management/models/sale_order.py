from odoo import api, fields, models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["crm.lead.guard.mixin", "sale.order"]

    # an offer counts for its lead, and runs in the lead's project
    _guarded_core_fields = ("opportunity_id",)
    # an order that is sent within a lead is as much as its lines
    _guarded_nested_fields = ("order_line",)

    # Core, before odoo/odoo#250694, computes this in the user's rights from a field that only
    # project users may read: salespeople who record hours could not open an offer at all.
    show_hours_recorded_button = fields.Boolean(compute_sudo=True)

    @api.ondelete(at_uninstall=False)
    def _unlink_main_offer(self):
        """A value that followed a deleted offer stays, entered by hand from then on."""
        # sudo: whoever may delete the offer need not be able to write its lead
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        leads.search([("main_order_id", "in", self.ids)]).write(
            {"main_order_id": False, "value_source": "manual"}
        )

    def _filtered_by_lead_access(self):
        """The offers of leads that the user may read: he is told them with the lead, whoever
        wrote them."""
        # sudo: only whose offers they are is read
        leads = self.sudo().opportunity_id.with_env(self.env)._filtered_access("read")
        return self.filtered(lambda order: order.sudo().opportunity_id.id in leads._ids)
