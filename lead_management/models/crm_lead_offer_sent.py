"""An offer that was sent to the customer moves its lead on, where the company wants that."""

import logging

from odoo import models
from odoo.tools.misc import clean_context

from ..tools.attempts import attempt_each

_logger = logging.getLogger(__name__)
OFFER_MADE = "lead_management.crm_stage_offer_made"


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _move_to_offer_made(self):
        """Move the open ones of these leads forward to the stage of made offers, or to what their
        team has in its place. What a lead lacks for that stage is noted in it, and it stays.

        The offer was sent, whatever happens here: what refuses is logged. Call it in sudo mode.
        """
        stage = self.env.ref(OFFER_MADE, raise_if_not_found=False)
        if not stage:
            return
        context = {**clean_context(self.env.context), "tracking_disable": False}
        # pylint: disable=context-overridden
        leads = self.with_context(context).filtered(
            lambda lead: lead.active and lead.won_status == "pending"
        )
        for team, of_team in leads.grouped("team_id").items():
            target = stage._find_in_team(team, "opportunity", is_won=False).sudo()
            if not target or target.is_won or (target.team_ids and team not in target.team_ids):
                continue
            before = of_team.filtered(
                lambda lead, target=target: target._comes_after(lead.stage_id)
            )
            before._enter_offer_made(target)

    def _enter_offer_made(self, stage):
        """Move these leads into ``stage``, except those that lack what it needs."""
        missing = {lead: needs for lead, needs in self._find_missing_needs(stage).items() if needs}
        if missing:
            self.browse(lead.id for lead in missing)._message_log_batch(
                bodies={
                    lead.id: self.env._(
                        "An offer was sent. The lead stays in its phase: “%(stage)s” also "
                        "needs: %(needs)s",
                        stage=stage.name,
                        needs=", ".join(needs.values()),
                    )
                    for lead, needs in missing.items()
                }
            )
        entering = self.browse(lead.id for lead in self if lead not in missing)
        attempt_each(
            entering,
            lambda some: some.write({"stage_id": stage.id}),
            _logger,
            "Leads %s were not moved on by their sent offers",
        )
