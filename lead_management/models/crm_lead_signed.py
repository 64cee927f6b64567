"""The customer's yes on the offer: it wins the lead, and a cancelled order is told there."""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.attempts import attempt, attempt_each

_logger = logging.getLogger(__name__)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    order_cancelled = fields.Boolean(
        compute="_compute_order_cancelled",
        store=True,
        copy=False,
        help="The lead is won, and its main offer was cancelled since.",
    )

    @api.depends("won_status", "main_order_id.state")
    def _compute_order_cancelled(self):
        for lead in self:
            lead.order_cancelled = lead.won_status == "won" and lead.main_order_id.state == "cancel"

    def _win_by_order(self, order):
        """Win this lead, open or declined, by its confirmed order. Call it in sudo mode.

        The confirmation holds whatever happens here: what refuses is logged.

        :param order: ``sale.order``, confirmed, with what core made for it
        """
        self.ensure_one()
        was_lost = self.won_status == "lost"
        state = self._note_open_state()
        values = {"main_order_id": order.id}
        project = self._get_order_projects(order)
        if len(project) == 1 and not self.won_project_id:
            values["won_project_id"] = project.id

        def win():
            self.write(values)
            self.action_set_won()
            self._record_signed_handover(state, order, self.won_project_id & project)

        message = "Lead %s was not won by its order %s"
        if not attempt(self, win, _logger, message, self.id, order.id):
            return
        translated = self._with_owner_lang()
        if was_lost:
            body = translated.env._(
                "Offer %(order)s was accepted: the declined lead is open again and won.",
                order=order.name,
            )
        else:
            body = translated.env._(
                "Offer %(order)s was accepted: the lead is won.", order=order.name
            )
        self._tell_owner(body)

    def _with_owner_lang(self):
        """This lead in the language of its owner, for what he is told."""
        return self.with_context(lang=self.user_id.lang or self.env.lang)

    def _tell_owner(self, body):
        """Post ``body`` and notify the owner, unless he did it himself.

        Whoever acts becomes no follower. A message that fails undoes nothing.
        """
        owner = self.user_id
        author = {}
        if self.env.user._is_public():
            author["author_id"] = self.env.ref("base.partner_root").id
        recipients = owner.partner_id if owner.active and owner != self.env.user else []
        lead = self.with_context(mail_post_autofollow_author_skip=True)
        partner_ids = [partner.id for partner in recipients]
        attempt(
            self,
            lambda: lead.message_post(body=body, partner_ids=partner_ids, **author),
            _logger,
            "The owner of lead %s was not told",
            self.id,
        )

    @api.model
    def _get_cancelled_summary(self, env):
        return env._("The order of this won lead is cancelled")

    def _plan_follow_up_of_cancelled_order(self):
        """One follow-up for the owner of each won lead whose order is cancelled, unless it
        is planned already. Call it in sudo mode."""
        leads = self.filtered("order_cancelled")
        planned = leads._find_own_follow_ups(self._get_cancelled_summary)
        today = fields.Date.context_today(self)
        attempt_each(
            leads - self.browse(planned.mapped("res_id")),
            lambda leads: leads._plan_for_owner(self._get_cancelled_summary, today),
            _logger,
            "No follow-up for the cancelled orders of leads %s",
        )

    def _drop_follow_ups_of_cancelled_order(self):
        """Those of these leads that are not won any more, or whose order holds again, have
        nothing of that kind to be done."""
        settled = self.filtered(lambda lead: not lead.order_cancelled)
        settled._drop_own_follow_ups(self._get_cancelled_summary)

    def action_reopen(self):
        """Put a won lead back to the phase it was in before, with that phase's probability.

        :raises AccessError: when the user may not change the lead
        :raises UserError: when there is no phase to go back to
        """
        self.check_access("write")
        for lead in self.filtered(lambda lead: lead.won_status == "won"):
            # sudo: which phase it was is told with the lead
            rows = lead.sudo().history_ids.sorted("date", reverse=True)
            stage = rows.stage_id.filtered(lambda stage: not stage.is_won)[:1].sudo(False)
            stage = stage or lead._find_stage_for_type(lead.type)
            if not stage or stage.is_won:
                raise UserError(
                    self.env._("“%(lead)s” has no phase to go back to.", lead=lead.name)
                )
            lead.write({"stage_id": stage.id})
        return True
