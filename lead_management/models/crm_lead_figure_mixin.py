import functools

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

ACCOUNTANTS = "lead_management.group_lead_figures"
ALL_DOCUMENTS = "sales_team.group_sale_salesman_all_leads"


class CrmLeadFigureMixin(models.AbstractModel):
    """A lead's figures belong to the lead: its payments, its history, its rows in reports.

    Whoever may read the lead now reads its figures, and whoever may change it changes its
    payments, by whatever access rules there are for leads, other modules' among them. So
    there are no rules for figures. Two things no lead can tell: those who read figures for
    accounting see all of the companies they have chosen, and what is left of deleted leads is
    for those who see all leads.

    Models that inherit this have a ``lead_id`` and a ``company_id``.
    """

    _name = "crm.lead.figure.mixin"
    _description = "Figures of a Lead"

    # whether rows stay when their lead is deleted
    _keeps_deleted_leads = False
    # whether the model's own query leaves out what may not be read; see _where_readable
    _filters_leads = False
    # whether sums in spreadsheets of grouped lists are the database's, as on the screen
    _exports_sums = True

    @api.model
    def _reads_all_figures(self):
        """Whether the user reads the figures of leads that he may not read."""
        return self.env.user.has_group(ACCOUNTANTS)

    @api.model
    def _get_figures_domain(self):
        """Which rows the user may read. Called by every search that is not in sudo mode.

        :rtype: Domain
        """
        if self._filters_leads:
            return Domain.TRUE
        in_companies = Domain("company_id", "in", [False, *self.env.companies.ids])
        if self._reads_all_figures():
            return in_companies
        domain = Domain("lead_id", "in", self.env["crm.lead"]._search([], active_test=False))
        if self._keeps_deleted_leads and self.env.user.has_group(ALL_DOCUMENTS):
            domain |= Domain("lead_id", "=", False) & in_companies
        return domain

    @api.model
    def _where_readable(self):
        """SQL condition over the table ``crm_lead``: the user may read the lead's figures.

        For models that filter their leads themselves (``_filters_leads``): where a query has
        the lead at hand, a second look at it would cost as much as the first.
        """
        if self.env.su or self._reads_all_figures():
            return SQL("TRUE")
        query = self.env["crm.lead"]._search([], active_test=False)
        if query._joins:
            return SQL("crm_lead.id IN %s", query.subselect())
        return query.where_clause or SQL("TRUE")

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            self.browse().check_access("read")
            domain = Domain(domain) & self._get_figures_domain()
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    def _check_access(self, operation):
        """Core's hook: forbidden is, besides what core says, what the lead forbids."""
        result = super()._check_access(operation)
        if not any(self._ids) or (result and result[0] == self):
            return result
        forbidden = self - self._filtered_by_lead(operation)
        if not forbidden:
            return result
        make_error = functools.partial(self.env["ir.rule"]._make_access_error, operation, forbidden)
        return forbidden | (result[0] if result else forbidden), make_error

    def _filtered_by_lead(self, operation):
        """The rows whose lead lets the user do this; see :meth:`_get_figures_domain`."""
        # sudo: only which lead and company a row has is read
        rows = self.sudo()
        companies = self.env.companies.ids
        if operation == "read" and self._reads_all_figures():
            allowed = rows.filtered(lambda row: row.company_id.id in (False, *companies))
            return allowed.with_env(self.env)
        leads = rows.lead_id.with_env(self.env)
        leads = leads._filtered_access("read" if operation == "read" else "write")
        deleted = self._keeps_deleted_leads and self.env.user.has_group(ALL_DOCUMENTS)
        return rows.filtered(
            lambda row: (
                row.lead_id.id in leads._ids
                if row.lead_id
                else deleted and row.company_id.id in (False, *companies)
            )
        ).with_env(self.env)
