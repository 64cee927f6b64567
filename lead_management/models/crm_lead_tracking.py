"""Every change of a lead that figures depend on goes into its history."""

from odoo import api, fields, models

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

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._record_later()
        return leads

    def write(self, vals):
        """Note who changes the leads: updates reach the database later, as somebody else's."""
        if not RECORDED.isdisjoint(vals):
            self._record_later()
        return super().write(vals)

    def _write_multi(self, vals_list):
        """The door through which every update reaches the database: writes and recomputations."""
        self.browse(
            record_id
            for record_id, vals in zip(self._ids, vals_list, strict=True)
            if not RECORDED.isdisjoint(vals)
        )._record_later()
        return super()._write_multi(vals_list)

    def _record_later(self):
        if self:
            self.env["crm.lead.history"]._record_later(self.ids)
            self.invalidate_recordset(["history_ids"], flush=False)

    def _update_automated_probabilities(self):
        """Core's scoring job writes in SQL: record what it changed."""
        res = super()._update_automated_probabilities()
        # sudo: nobody may write the history by hand
        self.env["crm.lead.history"].sudo()._record_open_leads()
        return res

    def unlink(self):
        """A deleted lead leaves the pipeline; what it was before stays in the figures."""
        # sudo: nobody may write the history by hand
        history = self.env["crm.lead.history"].sudo()
        history._record_pending()
        keys = self.ids
        res = super().unlink()
        history._record_removal(keys)
        return res
