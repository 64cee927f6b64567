"""Figures that are read from leads themselves, such as those of the dashboard."""

from odoo import api, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    # ------------------------------------------------------------
    # The company's days
    # ------------------------------------------------------------

    @api.model
    def _with_company_days(self):
        """These leads, grouped and compared by days where the company is, when the caller asks
        for it by ``lead_company_days`` in the context: for every reader the same."""
        if not self.env.context.get("lead_company_days"):
            return self
        return self.with_context(tz=self.env.company._get_lead_tz())

    @api.model
    def formatted_read_group(self, domain, groupby=(), aggregates=(), **options):
        return super(CrmLead, self._with_company_days()).formatted_read_group(
            domain, groupby, aggregates, **options
        )

    @api.model
    def formatted_read_grouping_sets(self, domain, grouping_sets, aggregates=(), *, order=None):
        return super(CrmLead, self._with_company_days()).formatted_read_grouping_sets(
            domain, grouping_sets, aggregates, order=order
        )
