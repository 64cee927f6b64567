from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.periods import day_start


class CrmLeadReportMixin(models.AbstractModel):
    """What all figures about leads have in common: by what they are grouped, and the currency.

    Rows say nothing about a lead's contact: accountants read them who may not read leads.
    """

    _name = "crm.lead.report.mixin"
    _description = "Figures about Leads"

    lead_id = fields.Many2one("crm.lead", readonly=True)
    type = fields.Selection([("lead", "Lead"), ("opportunity", "Opportunity")], readonly=True)
    stage_id = fields.Many2one("crm.stage", "Phase", readonly=True)
    category_id = fields.Many2one("crm.lead.category", readonly=True)
    user_id = fields.Many2one("res.users", "Owner", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(
        "res.currency",
        readonly=True,
        help="The currency of the company you are working in. Amounts of other companies are "
        "converted at the rates of the rate date.",
    )
    rate_date = fields.Date(
        readonly=True, help="The day whose rates amounts of other companies are converted at."
    )

    @api.model
    def _search(self, *args, **kwargs):
        # rows are computed by the database: what was read before may be outdated
        self.invalidate_model(flush=False)
        return super()._search(*args, **kwargs)

    @api.model
    def _get_currency_columns(self):
        """SQL of the columns ``currency_id`` and ``rate_date``; today's rates, as core's
        sales report has them."""
        return SQL(
            "%s::int4 AS currency_id, %s::date AS rate_date",
            self.env.company.currency_id.id,
            fields.Date.today(),
        )

    @api.model
    def _join_currency_table(self, alias):
        """SQL that joins the rates to ``alias``, which has a ``company_id``.

        Leads without a company count in the currency of the company the user works in, as
        Odoo shows them. Those of companies that are not chosen are left out with
        :meth:`_where_company`: their amounts could not be converted.
        """
        return SQL(
            "LEFT JOIN %s ON account_currency_table.company_id = %s",
            self.env["res.currency"]._get_simple_currency_table(self.env.companies),
            SQL.identifier(alias, "company_id"),
        )

    @api.model
    def _where_company(self, alias):
        """SQL condition: the row's company is one of those the user has chosen, or none."""
        return SQL(
            "(%s IS NULL OR account_currency_table.company_id IS NOT NULL)",
            SQL.identifier(alias, "company_id"),
        )

    @api.model
    def _convert_sql(self, amount):
        """SQL of ``amount`` in the currency of the company the user works in, rounded."""
        return SQL(
            "ROUND(((%s) * COALESCE(account_currency_table.rate, 1))::numeric, %s)",
            amount,
            self.env.company.currency_id.decimal_places,
        )

    @api.model
    def _get_day_end(self, day):
        """When ``day`` is over where the user is, as the database stores it.

        :param day: date or its string
        :return: naive ``datetime`` in UTC
        """
        return day_start(fields.Date.add(fields.Date.to_date(day), days=1), self._get_tz())

    @api.model
    def _get_tz(self):
        return self.env.context.get("tz") or self.env.user.tz or "UTC"

    def action_open_lead(self):
        """Open the lead behind this row, where the user may read leads.

        :return: the lead's form; a message that names the lead's owner otherwise
        """
        self.ensure_one()
        lead = self.lead_id
        if not lead:
            return self._notify(self.env._("This lead was deleted."))
        if not lead.has_access("read"):
            return self._notify(
                self.env._("You may read the figures, not the lead itself. Ask its owner.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": lead.display_name,
            "res_model": "crm.lead",
            "res_id": lead.id,
            "views": [(self.env.ref("crm.crm_lead_view_form").id, "form")],
        }

    def action_open_leads(self):
        """Open the leads behind these rows, as far as the user may read them."""
        leads = self.lead_id._filtered_access("read")
        if not leads:
            return self._notify(
                self.env._("You may read the figures, not the leads themselves. Ask their owners.")
            )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_management.crm_lead_action_board"
        )
        return {
            **action,
            "domain": [("id", "in", leads.ids)],
            "views": [
                (self.env.ref("lead_management.crm_lead_view_list").id, "list"),
                (False, "form"),
            ],
            "context": {"active_test": False, "create": False},
        }

    @api.model
    def _notify(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "info", "message": message},
        }
