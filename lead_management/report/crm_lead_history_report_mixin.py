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

    is_on_hold = fields.Boolean(
        "On Hold", readonly=True, help="Open, and put off until a later day, as it was then."
    )

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
    def _select_states(self, day):
        """SQL of what each lead was at the end of a day: its last row of the history before it.

        :param date day: it ends where the company is
        :return: ``SELECT`` with ``lead_key``, the columns the reports group by, ``is_visible``
            (in a company that the user has chosen), ``is_open`` (in the pipeline of these
            companies), ``is_on_hold``, ``won_status``, ``probability``, ``date`` (planned order
            date), ``amount`` and ``amount_weighted`` in the currency of the active company, or in
            ``apart_currency_id`` where no rate converts it
        """
        return SQL(
            """
            SELECT state.lead_key, %(dimensions)s, %(visible)s AS is_visible,
                   state.is_open AND %(visible)s AS is_open,
                   %(on_hold)s AS is_on_hold,
                   state.won_status, COALESCE(state.probability, 0) AS probability,
                   %(date)s AS date,
                   rates.apart_currency_id,
                   %(amount)s AS amount, %(weighted)s AS amount_weighted
              FROM (SELECT DISTINCT ON (lead_key) *
                      FROM crm_lead_history
                     WHERE date < %(moment)s
                  ORDER BY lead_key DESC, date DESC) AS state
              %(rates)s
            """,
            dimensions=self._select_dimensions("state"),
            visible=self._where_company("state"),
            amount=self._state_amount_sql(SQL("COALESCE(state.expected_revenue, 0)")),
            weighted=self._state_amount_sql(SQL("COALESCE(state.prorated_revenue, 0)")),
            date=self._bound_day_sql(SQL("state.date_deadline")),
            on_hold=self._get_on_hold_sql("state", day),
            moment=self._get_day_end(day),
            rates=self._join_rates("state"),
        )

    @api.model
    def _state_amount_sql(self, amount):
        """SQL of ``amount`` converted, or as it is where there is no rate: see ``_part_sql``."""
        if not self._get_apart_currencies():
            return self._exchange_sql(amount)
        return SQL(
            "CASE WHEN rates.apart_currency_id IS NULL THEN %s ELSE %s END",
            self._exchange_sql(amount),
            amount,
        )

    @api.model
    def _part_sql(self, alias, amounts):
        """SQL of the columns of amounts, those without a rate apart.

        :param str alias: of rows that have ``apart_currency_id``
        :param dict amounts: column to the column that has what is apart, or None, and to the
            SQL of the amount, which is in ``apart_currency_id`` where the row has one
        """
        has_apart = bool(self._get_apart_currencies())
        apart = SQL.identifier(alias, "apart_currency_id")
        columns = [SQL("%s", apart)]
        for name, (apart_name, amount) in amounts.items():
            own = SQL("CASE WHEN %s IS NULL THEN %s ELSE 0 END", apart, amount)
            columns.append(SQL("%s AS %s", own if has_apart else amount, SQL.identifier(name)))
            if apart_name:
                rest = SQL("CASE WHEN %s IS NOT NULL THEN %s END", apart, amount)
                rest = rest if has_apart else SQL("NULL::numeric")
                columns.append(SQL("%s AS %s", rest, SQL.identifier(apart_name)))
        return SQL(", ").join(columns)

    @api.model
    def _get_on_hold_sql(self, alias, day):
        """SQL condition: a row of the history says that the lead is on hold on ``day``."""
        return SQL(
            "COALESCE(%s AND %s > %s, FALSE)",
            SQL.identifier(alias, "is_open"),
            SQL.identifier(alias, "wake_up_date"),
            day,
        )

    @api.model
    def _get_basis_note(self):
        return self.env._("By the planned order date; the dates of payments have no history.")

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
            for name in (*DIMENSIONS, "is_on_hold")
        )
