"""What is left over when a lead is decided: open follow-ups, and offers nobody has answered."""

from markupsafe import Markup

from odoo import models

OPEN_OFFER_STATES = ("draft", "sent")


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _find_open_follow_ups(self):
        """The open follow-ups of these leads, of any user (``mail.activity``)."""
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                # also where the caller looks at archived records
                ("active", "=", True),
            ]
        )

    def _find_open_offers(self):
        """The undecided offers of these leads, whoever wrote them (``sale.order`` in sudo mode:
        the offers of a lead are told to who may read the lead)."""
        return self._get_offers().filtered(
            lambda order: order.state in OPEN_OFFER_STATES and not order.locked
        )

    def _close_left_over(self, follow_ups, offers=None):
        """Delete these follow-ups and cancel these offers, as far as the user may, and note in
        the leads what they were. Meetings stay in the calendar; the customer gets no mail.

        :param follow_ups: ``mail.activity`` of these leads
        :param offers: ``sale.order`` of these leads, in any mode
        :raises AccessError: when the user may not change one of the leads
        """
        self.check_access("write")
        offers = self.env["sale.order"] if offers is None else offers.sudo(False)
        closed = follow_ups.exists()._filtered_access("unlink")
        # decided by somebody else while the dialog was open: nothing to cancel
        cancelled = offers.exists()._filtered_access("write")
        cancelled = cancelled.filtered(lambda order: order.state in OPEN_OFFER_STATES)
        notes = self._get_left_over_notes(closed, cancelled)
        closed.unlink()
        if cancelled:
            cancelled.action_cancel()
        if notes:
            self.browse(notes)._message_log_batch(bodies=notes)

    def _get_left_over_notes(self, follow_ups, offers):
        """What each lead says about them.

        :return: dict of id of the lead to html
        """
        lines = {}
        for lead_id, of_lead in follow_ups.grouped("res_id").items():
            steps = "; ".join(activity._get_next_step() for activity in of_lead)
            lines.setdefault(lead_id, []).append(
                self.env._("Follow-ups closed: %(steps)s", steps=steps)
            )
        # sudo: only whose offers they are is read
        for lead, of_lead in offers.grouped(lambda order: order.sudo().opportunity_id.id).items():
            names = ", ".join(of_lead.mapped("name"))
            lines.setdefault(lead, []).append(
                self.env._("Offers cancelled: %(names)s", names=names)
            )
        return {lead_id: Markup("<br/>").join(texts) for lead_id, texts in lines.items()}
