"""What other programs, restored tables or SQL left wrong in stored figures is repaired at night."""

import logging

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.attempts import attempt, attempt_each

_logger = logging.getLogger(__name__)

BATCH_SIZE = 1000
# where the job goes on when its time was up
CURSOR = "lead_management.drift_repaired_until"
# the last day on which something was repaired, and how much
LAST_REPAIR = "lead_management.drift_last_repair"
# computed from the database alone, so that computing them again changes nothing that is right
LEAD_FIGURES = (
    "next_follow_up",
    "project_state",
    "order_cancelled",
    "service_done_date",
    "service_hours",
    "payment_count",
    "planned_revenue",
    "planned_prorated_revenue",
    "prorated_revenue",
)
TICKET_FIGURES = ("is_presales", "is_lead_ticket", "is_internal_presales")


def _repair_stored(records, names):
    """Compute stored fields anew; what differs is written and logged.

    :param names: of fields whose computation changes nothing that is right
    """
    records.env.flush_all()
    records.invalidate_recordset(names)
    before = {name: [record[name] for record in records] for name in names}
    for name in names:
        records.env.add_to_compute(records._fields[name], records)
    records._recompute_recordset(names)
    for name, values in before.items():
        pairs = zip(records, values, strict=True)
        _log(
            records.env, f"{records._name}.{name}", [r.id for r, value in pairs if r[name] != value]
        )


def _log(env, what, ids):
    """Say what was repaired: ids, and no name of anything. The settings show how many on a day."""
    if ids:
        _logger.warning("Repaired %s: %s", what, ids)
        # sudo: a note for the administrator
        parameters = env["ir.config_parameter"].sudo()
        day, _colon, count = parameters.get_param(LAST_REPAIR, "").partition(": ")
        today = str(fields.Date.today())
        count = len(ids) + (int(count) if day == today else 0)
        parameters.set_param(LAST_REPAIR, f"{today}: {count}")


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model
    def _repair_drift(self):
        """Compare what is stored with what it should be, and repair it. Called every night.

        It commits after each batch of leads. When its time is up, the next call goes on there.
        """
        parameters = self.env["ir.config_parameter"].sudo()
        last = int(parameters.get_param(CURSOR, 0))
        leads = self.sudo().with_context(active_test=False)
        while batch := leads.search([("id", ">", last)], order="id", limit=BATCH_SIZE):
            attempt_each(
                batch,
                lambda some: some._repair_figures(),
                _logger,
                "Stored figures of leads %s were not compared",
                conflicts=False,
            )
            last = batch[-1].id
            left = leads.search_count([("id", ">", last)])
            if not self.env["ir.cron"]._commit_progress(len(batch), remaining=left):
                parameters.set_param(CURSOR, last if left else 0)
                return
        parameters.set_param(CURSOR, 0)
        attempt(self, self._repair_removed, _logger, "Deleted leads were not compared")

    def _repair_figures(self):
        """Repair the figures of these leads, of their tickets and hours, and their last rows of
        the history; the log names ids. Call it in sudo mode."""
        _repair_stored(self, ["won_status"])
        self._repair_main_offers()
        self._repair_values()
        # what lead and payments have follows from one another, in this order
        payments = self.env["crm.lead.payment"].sudo().search([("lead_id", "in", self.ids)])
        _repair_stored(payments, ["amount"])
        _repair_stored(self, ["prorated_revenue"])
        _repair_stored(payments, ["amount_weighted"])
        _repair_stored(self, LEAD_FIGURES)
        tickets = self.env["project.task"].sudo().with_context(active_test=False)
        tickets = tickets.search([("lead_id", "in", self.ids)])
        _repair_stored(tickets, TICKET_FIGURES)
        # a lead that somebody chose for hours stays
        lines = self.env["account.analytic.line"].sudo()
        lines = lines.search([("task_id", "in", tickets.ids), ("lead_id", "=", False)])
        _repair_stored(lines, ["lead_id"])
        # sudo: nobody writes the history by hand
        _log(self.env, "last rows", self.env["crm.lead.history"].sudo()._record_drift(self.ids))

    def _repair_main_offers(self):
        """A main offer that went to another lead is none any more, and may be the other's."""
        wrong = self.filtered(
            lambda lead: lead.main_order_id and lead.main_order_id.opportunity_id != lead
        )
        orders = wrong.main_order_id
        for lead in wrong:
            lead.main_order_id = False
        orders._propose_as_main_offer()
        _log(self.env, "crm.lead.main_order_id", wrong.ids)

    def _repair_values(self):
        """Values that follow their offer or payments do, and all are rounded to their currency."""
        _repair_stored(self, ["expected_revenue"])
        rough = self.filtered(
            lambda lead: (
                lead.company_id
                and lead.expected_revenue != lead.company_currency.round(lead.expected_revenue or 0)
            )
        )
        for lead in rough:
            lead._round_value()
        _log(self.env, "crm.lead.expected_revenue, rounded", rough.ids)

    @api.model
    def _repair_removed(self):
        """Leads that were deleted around the ORM leave the pipeline."""
        # sudo: nobody writes the history by hand
        history = self.env["crm.lead.history"].sudo()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT lead_key
                  FROM (SELECT DISTINCT ON (lead_key) lead_key, is_open
                          FROM crm_lead_history
                      ORDER BY lead_key DESC, date DESC) AS latest
                 WHERE is_open AND NOT EXISTS (SELECT FROM crm_lead WHERE id = lead_key)
                """
            )
        )
        if keys := [key for (key,) in rows]:
            history._record_removal(keys)
            _log(self.env, "removals", keys)
