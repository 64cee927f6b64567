from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, float_compare


class CrmStageCalibrationApply(models.TransientModel):
    """What becomes of a stage and its leads when the share won becomes the stage's default."""

    _name = "crm.stage.calibration.apply"
    _inherit = ["crm.lead.guard.mixin"]
    _description = "Apply the Share Won to a Phase"

    stage_id = fields.Many2one("crm.stage", "Phase", required=True, readonly=True)
    uses_default = fields.Boolean(related="stage_id.uses_default_probability")
    old_probability = fields.Float("From", related="stage_id.default_probability")
    new_probability = fields.Float(
        "To", compute="_compute_new_probability", store=True, help="The share won, in percent."
    )
    summary = fields.Char(compute="_compute_row")
    refusal = fields.Char(compute="_compute_row")
    company_ids = fields.Many2many(
        "res.company",
        string="Companies",
        compute="_compute_row",
        help="Whose leads were counted: those of the companies you have chosen.",
    )
    apply_to_leads = fields.Boolean(
        help="Give the new default to the open leads in this phase that nobody changed by hand. "
        "Without it, it counts for leads that enter the phase from now on.",
    )
    lead_count = fields.Integer("Leads to Update", compute="_compute_weighted")
    weighted_before = fields.Monetary("Weighted Now", compute="_compute_weighted")
    weighted_after = fields.Monetary(
        "Weighted Then", compute="_compute_weighted", help="If the open leads change too."
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_weighted")
    apart_note = fields.Char(compute="_compute_weighted")

    def _get_row(self):
        """The stage's row of the report, counted anew; empty for a won stage."""
        return self.env["crm.stage.calibration.report"].search([("id", "in", self.stage_id.ids)])

    @api.depends("stage_id")
    def _compute_new_probability(self):
        """Stored, so that what was shown is what is applied."""
        for dialog in self:
            row = dialog._get_row()
            dialog.new_probability = row._get_applicable_rate() if row else 0

    @api.depends("stage_id")
    @api.depends_context("allowed_company_ids", "lang")
    def _compute_row(self):
        for dialog in self:
            row = dialog._get_row()
            dialog.summary = row and row._get_summary()
            dialog.refusal = row and row._get_refusal()
            dialog.company_ids = self.env.companies

    @api.depends("stage_id", "new_probability")
    @api.depends_context("company", "allowed_company_ids")
    def _compute_weighted(self):
        for dialog in self:
            currency = self.env.company.currency_id
            leads = dialog.stage_id._get_automatic_leads(dialog.new_probability)
            before, after = dialog._sum_weighted(leads)
            dialog.apart_note = self.env["crm.lead.pipeline.report"]._get_apart_note(
                [("stage_id", "in", dialog.stage_id.ids), ("won_status", "=", "pending")]
            )
            dialog.currency_id = currency
            dialog.lead_count = len(leads)
            dialog.weighted_before = currency.round(before)
            dialog.weighted_after = currency.round(after)

    def _sum_weighted(self, changing):
        """The weighted value of the open leads in the stage, and what it would become.

        In the currency of the company the user works in, at today's rates, as in the reports.

        :param changing: the leads that would get the new probability (``crm.lead``)
        :return: two floats
        """
        Lead = self.env["crm.lead"]
        rates = self.env["crm.lead.report.mixin"]
        query = Lead._search(
            [("stage_id", "in", self.stage_id.ids), ("won_status", "=", "pending")]
        )
        Lead.flush_model(["company_id", "expected_revenue", "prorated_revenue"])
        self.env.cr.execute(
            SQL(
                """
                SELECT COALESCE(SUM(%(before)s), 0),
                       COALESCE(SUM(CASE WHEN lead.id = ANY(%(changing)s) THEN %(after)s
                                         ELSE %(before)s END), 0)
                  FROM crm_lead AS lead
             LEFT JOIN res_company AS company ON company.id = lead.company_id
                  JOIN res_currency AS currency
                       ON currency.id = COALESCE(company.currency_id, %(own_currency)s)
                  %(rates)s
                 WHERE lead.id IN %(leads)s
                """,
                before=rates._exchange_sql(SQL("COALESCE(lead.prorated_revenue, 0)")),
                after=rates._exchange_sql(self._weigh_sql()),
                own_currency=self.env.company.currency_id.id,
                changing=changing.ids,
                rates=rates._join_rates("lead"),
                leads=query.subselect(),
            )
        )
        return self.env.cr.fetchone()

    def _weigh_sql(self):
        """SQL of what a lead's weighted value becomes, rounded as the lead stores it."""
        return SQL(
            "ROUND(COALESCE(lead.expected_revenue, 0) * %s::numeric / 100 / currency.rounding)"
            " * currency.rounding",
            self.new_probability,
        )

    def action_apply(self):
        """Apply what the dialog shows.

        :return: the action that closes the dialog
        :raises AccessError: when the user may not change stages
        :raises UserError: when the share cannot be a default, or is another by now
        """
        self._check_one()
        self.stage_id.check_access("write")
        row = self._get_row()
        if not row or float_compare(row._get_applicable_rate(), self.new_probability, 1):
            raise UserError(
                self.env._("The figures have changed in the meantime. Open the dialog again.")
            )
        row.action_apply_rate()
        if self.apply_to_leads:
            self.stage_id.action_apply_default_probability()
        return {"type": "ir.actions.act_window_close"}
