"""Every change of a lead that figures depend on goes into its history."""

from odoo import fields, models

from .crm_lead_history import RECORDED


class CrmLead(models.Model):
    _inherit = "crm.lead"

    history_ids = fields.One2many(
        "crm.lead.history",
        "lead_id",
        readonly=True,
        groups="sales_team.group_sale_salesman",
        help="What the lead was after each change of its phase, status, probability, value, "
        "planned order date, owner or category.",
    )

    def _note_author(self, vals):
        """Note who changes the leads: updates reach the database later, as somebody else's."""
        if not RECORDED.isdisjoint(vals):
            self._record_later()

    def _note_updates(self, vals_list):
        """Note which leads an update of the database changes; see ``_write_multi``."""
        self.browse(
            record_id
            for record_id, vals in zip(self._ids, vals_list, strict=True)
            if not RECORDED.isdisjoint(vals)
        )._record_later()

    def _record_later(self):
        if self and (new := self.env["crm.lead.history"]._record_later(self.ids)):
            self.browse(new).invalidate_recordset(["history_ids"], flush=False)

    def _update_automated_probabilities(self):
        """Core's scoring job writes in SQL: record what it changed."""
        res = super()._update_automated_probabilities()
        # sudo: nobody may write the history by hand
        self.env["crm.lead.history"].sudo()._record_open_leads()
        return res
