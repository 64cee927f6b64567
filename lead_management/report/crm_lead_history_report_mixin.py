from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# column of the reports to column of the history
DIMENSIONS = {
    "lead_id": "lead_id",
    "type": "type",
    "stage_id": "stage_id",
    "category_id": "category_id",
    "user_id": "salesperson_id",
    "team_id": "team_id",
    "company_id": "company_id",
    "kept_names": "kept_names",
}
# names that stay when what they name is deleted: field of the reports to their column
NAMES = {
    "stage_name": "stage_id",
    "owner_name": "user_id",
    "team_name": "team_id",
    "category_name": "category_id",
}


class CrmLeadHistoryReportMixin(models.AbstractModel):
    """What figures that come from the history of leads have in common."""

    _name = "crm.lead.history.report.mixin"
    _inherit = "crm.lead.report.mixin"
    _description = "Figures from the History of Leads"
    # what the reports' SQL reads: changes of it are written to the database before
    _depends = {"crm.lead": ["create_date"]}
    _keeps_deleted_leads = True

    stage_name = fields.Char(
        "Phase (Name)", readonly=True, help="What the phase is called, or was before its deletion."
    )
    owner_name = fields.Char(
        "Owner (Name)", readonly=True, help="What the owner is called, or was before the deletion."
    )
    team_name = fields.Char(
        "Sales Team (Name)",
        readonly=True,
        help="What the team is called, or was before its deletion.",
    )
    category_name = fields.Char(
        "Category (Name)",
        readonly=True,
        help="What the category is called, or was before its deletion.",
    )

    @api.model
    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr not in NAMES:
            return super()._field_to_sql(alias, field_expr, query)
        column = NAMES[field_expr]
        lang = self.env.lang or "en_US"
        kept = SQL.identifier(alias, "kept_names")
        return SQL(
            "COALESCE(%(name)s, %(kept)s -> %(key)s ->> %(lang)s, %(kept)s -> %(key)s ->> 'en_US')",
            name=self._select_name(alias, column),
            kept=kept,
            key=DIMENSIONS[column],
            lang=lang,
        )

    @api.model
    def _select_name(self, alias, column):
        """SQL of what a column refers to is called now; asked for where it is read alone."""
        # sudo: the names are told with the rows, as those of any many2one are
        model = self.env[self._fields[column].comodel_name].sudo()
        user = model._name == "res.users"
        named = model.env["res.partner"] if user else model
        return SQL(
            "(SELECT %s FROM %s AS named %s = %s)",
            named._field_to_sql("named", "name"),
            SQL.identifier(named._table),
            SQL("JOIN res_users AS who ON who.partner_id = named.id WHERE who.id")
            if user
            else SQL("WHERE named.id"),
            SQL.identifier(alias, column),
        )

    @api.model
    def _read_group_orderby(self, order, groupby_terms, query):
        """Groups by the name of a phase are in the order of the phases, deleted ones last."""
        terms = dict(groupby_terms)
        if "stage_name" in terms:
            # sudo: as above
            names = self.env["crm.stage"].sudo().search([]).mapped("name")
            position = SQL("ARRAY_POSITION(%s::text[], %s::text)", names, terms["stage_name"])
            terms["stage_name"] = SQL("COALESCE(%s, %s)", position, len(names) + 1)
        res = super()._read_group_orderby(order, terms, query)
        groupby_terms.update({k: v for k, v in terms.items() if k != "stage_name"})
        return res

    @api.model
    def _search(self, *args, **kwargs):
        self.env["crm.lead.history"]._record_pending()
        return super()._search(*args, **kwargs)

    @api.model
    def _get_context_day(self, key, default):
        """The day that the dialog put into the context as ``key``, ``default`` without one.

        :rtype: date
        :raise UserError: when the context holds something else than a date, or one out of reach
        """
        value = self.env.context.get(key)
        try:
            day = fields.Date.to_date(value) or default
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("“%(value)s” is not a day.", value=value)) from error
        if reason := self.env["crm.lead.day.mixin"]._get_day_refusal(day):
            raise UserError(reason)
        return day

    @api.model
    def _select_states(self, moment):
        """SQL of what each lead was at a moment: its last row of the history before it.

        :param datetime moment: naive, in UTC
        :return: ``SELECT`` with ``lead_key``, the columns the reports group by, ``is_visible``
            (in a company that the user has chosen), ``is_open`` (in the pipeline of these
            companies), ``won_status``, ``probability``, ``date`` (planned order date),
            ``amount`` and ``amount_weighted`` (in the currency of the active company)
        """
        return SQL(
            """
            SELECT state.lead_key, %(dimensions)s, %(visible)s AS is_visible,
                   state.is_open AND %(visible)s AS is_open,
                   state.won_status, COALESCE(state.probability, 0) AS probability,
                   %(date)s AS date,
                   %(amount)s AS amount, %(weighted)s AS amount_weighted
              FROM (SELECT DISTINCT ON (lead_key) *
                      FROM crm_lead_history
                     WHERE date < %(moment)s
                  ORDER BY lead_key DESC, date DESC) AS state
              %(rates)s
            """,
            dimensions=self._select_dimensions("state"),
            visible=self._where_company("state"),
            amount=self._exchange_sql(SQL("COALESCE(state.expected_revenue, 0)")),
            weighted=self._exchange_sql(SQL("COALESCE(state.prorated_revenue, 0)")),
            date=self._bound_day_sql(SQL("state.date_deadline")),
            moment=moment,
            rates=self._join_rates("state"),
        )

    @api.model
    def _select_dimensions(self, alias):
        """SQL of the columns that the reports group by, from a row of the history."""
        return SQL(", ").join(
            SQL("%s AS %s", SQL.identifier(alias, column), SQL.identifier(name))
            for name, column in DIMENSIONS.items()
        )

    @api.model
    def _choose_dimensions(self, condition, first, second):
        """SQL of the columns that the reports group by: those of ``first`` where the SQL
        ``condition`` holds, those of ``second`` otherwise; both are aliases."""
        return SQL(", ").join(
            SQL(
                "CASE WHEN %s THEN %s ELSE %s END AS %s",
                condition,
                SQL.identifier(first, name),
                SQL.identifier(second, name),
                SQL.identifier(name),
            )
            for name in DIMENSIONS
        )
