from odoo import api, fields, models

from ..tools.marks import ORDER_CONFIRMING


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

    @api.model
    def _has_field_access(self, field, operation):
        """Customers read their offers: in stock, the title of the lead with them. No ``groups`` on
        the field: views of others that ask for it would be inconsistent."""
        if field.name == "opportunity_id" and not self.env.su and self.env.user.share:
            return False
        return super()._has_field_access(field, operation)

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._propose_as_main_offer()
        # sudo: only which leads they are for
        orders.sudo().opportunity_id._note_activity()
        orders.filtered(lambda order: order.state == "sale")._win_leads()
        return orders

    def write(self, vals):
        # sudo: who may move an offer need not be able to read its leads
        old_leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        if "opportunity_id" in vals:
            old_leads = old_leads.search([("main_order_id", "in", self.ids)])
        unconfirmed = self.browse()
        is_confirming = self.env.context.get("lead_order_confirming") is ORDER_CONFIRMING
        if vals.get("state") == "sale" and not is_confirming:
            unconfirmed = self.filtered(lambda order: order.state != "sale")
        assigned = self.browse()
        # a merge, in sudo mode, decides nothing: the lead stays what core makes of it
        if vals.get("opportunity_id") and not self.env.su:
            assigned = self.filtered(
                lambda order: order.sudo().opportunity_id.id != vals["opportunity_id"]
            )
        reminders = []
        if vals.keys() & {"state", "validity_date", "opportunity_id"}:
            reminders = self._note_reminders()
        unsent = self.browse()
        if vals.get("state") == "sent":
            unsent = self.filtered(lambda order: order.state != "sent")
        res = super().write(vals)
        if "state" in vals or "opportunity_id" in vals:
            # sudo: as above
            self.sudo().opportunity_id._note_activity()
        unsent._tell_leads_of_sending()
        if "opportunity_id" in vals:
            old_leads.filtered(
                lambda lead: lead.main_order_id.opportunity_id != lead
            )._lose_main_offer()
            self._propose_as_main_offer()
            assigned.filtered(lambda order: order.state == "sale")._win_leads_as_assigned()
        unconfirmed._win_leads()
        if vals.get("state") == "cancel":
            self._tell_won_leads_of_cancellation()
        self._drop_settled_reminders(reminders)
        return res

    def action_confirm(self):
        """Core's way to confirm; it wins the offers' leads where the company says so."""
        orders = self.with_context(lead_order_confirming=ORDER_CONFIRMING)
        return super(SaleOrder, orders).action_confirm()

    def _action_confirm(self):
        """After core made what the order asks for, and before it looks at the lead's value."""
        res = super()._action_confirm()
        self._win_leads()
        return res

    def _win_leads(self):
        """These confirmed orders win their open and declined leads, the first order of each.

        Once a lead is won, nothing changes: so the Won dialog and a second order do nothing.
        """
        # sudo: who confirms, the customer too, need not be able to read or write the lead
        orders = self.sudo()
        won = orders.opportunity_id.filtered(lambda lead: lead.won_status == "won")
        won._drop_follow_ups_of_cancelled_order()
        for order in orders.sorted("id"):
            lead = order.opportunity_id
            if lead and lead.won_status != "won" and order.company_id.lead_won_by_order:
                # what is done to the lead is no part of the confirmation of this order
                lead = lead.with_context(lead_order_confirming=False)
                lead.with_company(order.company_id)._win_by_order(order)

    def _win_leads_as_assigned(self):
        """Somebody has assigned these confirmed orders: to the leads, that is as if they were
        confirmed now. Core raises the leads' values when it confirms only."""
        # sudo: as in _win_leads
        orders = self.sudo().filtered(lambda order: order.opportunity_id.won_status != "won")
        self._win_leads()
        for order in orders:
            lead = order.opportunity_id
            if lead.won_status == "won" and lead.main_order_id == order:
                lead._update_revenues_from_so(order)

    def _tell_leads_of_sending(self):
        """These offers were sent: their open leads move on, where the company says so."""
        # sudo: who sends an offer need not be able to read or write the lead
        orders = self.sudo().filtered("company_id.lead_offer_sent_stage")
        orders.opportunity_id._move_to_offer_made()

    def _tell_won_leads_of_cancellation(self):
        """The owner of a won lead whose order is cancelled gets a follow-up."""
        # sudo: who cancels an order need not be able to read its lead
        leads = self.env["crm.lead"].sudo()
        leads = leads.search([("main_order_id", "in", self.ids), ("won_status", "=", "won")])
        leads._plan_follow_up_of_cancelled_order()

    def _propose_as_main_offer(self):
        """The first offer of a lead that has no main one becomes it."""
        # sudo: who writes an offer need not be able to write its lead
        orders = self.sudo().filtered(lambda order: order.state != "cancel")
        for lead, offers in orders.grouped("opportunity_id").items():
            if lead and not lead.main_order_id:
                lead.main_order_id = offers.sorted("id")[:1]

    @api.ondelete(at_uninstall=False)
    def _unlink_main_offer(self):
        """A value that followed a deleted offer stays, entered by hand from then on."""
        # sudo: whoever may delete the offer need not be able to write its lead
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        leads.search([("main_order_id", "in", self.ids)])._lose_main_offer()

    # ------------------------------------------------------------
    # Handed over, and taken back
    # ------------------------------------------------------------

    def _note_before_handover(self, is_linked, is_cancelled):
        """What this offer is before a handover changes it, as ``crm.lead.handover`` keeps it.

        :param bool is_linked: whether the handover links it to the project
        :param bool is_cancelled: whether it cancels it
        :rtype: dict
        """
        return {
            "id": self.id,
            "state": self.state,
            "date_order": fields.Datetime.to_string(self.date_order),
            "is_linked": is_linked,
            "is_cancelled": is_cancelled,
            "distributions": {line.id: line.analytic_distribution for line in self.order_line},
        }

    def _generate_missing_services(self):
        """Confirmed orders that were kept when their project was taken back get what core makes
        when an order is confirmed. Call it in sudo mode."""
        for company, orders in (
            self.filtered(lambda o: o.state == "sale").grouped("company_id").items()
        ):
            lines = orders.order_line._get_so_lines_new_project()
            lines = lines.filtered(lambda line: not line.project_id)
            lines.with_company(company)._timesheet_service_generation()

    def _filtered_by_lead_access(self):
        """The offers of leads that the user may read: he is told them with the lead, whoever
        wrote them."""
        # sudo: only whose offers they are is read
        leads = self.sudo().opportunity_id.with_env(self.env)._filtered_access("read")
        return self.filtered(lambda order: order.sudo().opportunity_id.id in leads._ids)
