from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, float_compare, float_round
from odoo.tools.misc import formatLang

from ..tools.intervals import wilson_interval

# fewer cases say nothing: the interval of 10 in 20 is more than 40 points wide
MINIMUM_CASES = 20


class CrmStageCalibrationReport(models.Model):
    """How often leads that were in a stage were won in the end, against the stage's default.

    A row per stage that is not a won stage. A lead counts once in every stage it was open in
    when a transaction ended, if it is decided now: won, or declined for whatever reason, not
    qualified included. So leads do not count that are open (again), were archived without a
    decision, or were deleted, such as by merging them into another. The history knows nothing
    from before the addon was installed, and a lead that was entered as decided was never open.

    Counted are the leads the user may read; for accounting, all leads of the companies the
    user has chosen and those without a company.
    """

    _name = "crm.stage.calibration.report"
    _description = "Phase Calibration"
    _auto = False
    _rec_name = "stage_id"
    _order = "sequence, id"
    # see crm.lead.figure.mixin
    _exports_sums = True
    _depends = {
        "crm.stage": ["default_probability", "is_won", "sequence", "uses_default_probability"],
        "crm.lead": ["company_id", "won_status"],
        "crm.lead.history": ["is_open", "lead_id", "stage_id"],
    }

    stage_id = fields.Many2one("crm.stage", "Phase", readonly=True)
    sequence = fields.Integer(readonly=True, aggregator=None)
    team_ids = fields.Many2many("crm.team", related="stage_id.team_ids", string="Sales Teams")
    uses_default = fields.Boolean(
        "Sets the Probability",
        readonly=True,
        help="Without a default, Odoo predicts the probability from past leads.",
    )
    default_probability = fields.Float("Default (%)", readonly=True, aggregator="avg")
    decided = fields.Integer(
        "Cases", readonly=True, help="Leads that were in this phase and are won or declined now."
    )
    won = fields.Integer("Wins", readonly=True, help="How many of the cases were won.")
    rate = fields.Float(
        "Won (%)",
        readonly=True,
        aggregator="avg",
        help="Share of the cases that were won. Leads that were declined as not qualified count "
        "as not won.",
    )
    difference = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Default less share won, in percentage points. Positive: the default promises more "
        "than the past kept.",
    )
    low = fields.Float(
        "From (%)",
        compute="_compute_interval",
        help="Lower bound of the 95 % interval after Wilson: what share of wins is likely in "
        "the long run, seeing how few cases there are.",
    )
    high = fields.Float(
        "To (%)",
        compute="_compute_interval",
        help="Upper bound of the 95 % interval after Wilson.",
    )
    interval = fields.Char(
        "Likely (%)",
        compute="_compute_interval",
        help="95 % interval after Wilson. A default outside of it is too high or too low.",
    )
    state = fields.Selection(
        [
            ("not_enough", "Not enough history"),
            ("no_default", "No default"),
            ("in_range", "In range"),
            ("too_high", "Too high"),
            ("too_low", "Too low"),
        ],
        "Assessment",
        compute="_compute_interval",
        search="_search_state",
        help="Whether the default is inside the likely interval. Under 20 cases say nothing.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT stage.id, stage.id AS stage_id, stage.sequence,
                   COALESCE(stage.uses_default_probability, FALSE) AS uses_default,
                   %(default)s AS default_probability,
                   COALESCE(cases.decided, 0) AS decided,
                   COALESCE(cases.won, 0) AS won,
                   %(rate)s AS rate,
                   %(default)s - %(rate)s AS difference
              FROM crm_stage AS stage
         LEFT JOIN (SELECT passed.stage_id,
                           COUNT(*) AS decided,
                           COUNT(*) FILTER (WHERE crm_lead.won_status = 'won') AS won
                      FROM (SELECT DISTINCT lead_id, stage_id
                              FROM crm_lead_history
                             WHERE is_open) AS passed
                      JOIN crm_lead ON crm_lead.id = passed.lead_id
                     WHERE crm_lead.won_status IN ('won', 'lost')
                       AND (crm_lead.company_id IS NULL
                            OR crm_lead.company_id = ANY(%(companies)s))
                       AND %(readable)s
                  GROUP BY passed.stage_id) AS cases ON cases.stage_id = stage.id
             WHERE stage.is_won IS NOT TRUE
            """,
            default=SQL(
                "CASE WHEN stage.uses_default_probability THEN stage.default_probability END"
            ),
            rate=SQL("100.0 * cases.won / cases.decided"),
            companies=self.env.companies.ids,
            readable=self.env["crm.lead.figure.mixin"]._where_readable(),
        )

    @api.model
    def _search(self, domain, *args, **kwargs):
        # rows are computed by the database: what was read before may be outdated
        self.env["crm.lead.history"]._record_pending()
        self.invalidate_model(flush=False)
        return super()._search(domain, *args, **kwargs)

    @api.depends("decided", "won", "default_probability", "uses_default")
    def _compute_interval(self):
        for row in self:
            low, high = wilson_interval(row.won, row.decided)
            row.low, row.high = low * 100, high * 100
            row.state = row._get_state()
            row.interval = row.decided >= MINIMUM_CASES and self.env._(
                "%(low)s–%(high)s",
                low=formatLang(self.env, row.low, digits=0),
                high=formatLang(self.env, row.high, digits=0),
            )

    def _get_state(self):
        if self.decided < MINIMUM_CASES:
            return "not_enough"
        if not self.uses_default:
            return "no_default"
        if float_compare(self.default_probability, self.high, 2) > 0:
            return "too_high"
        if float_compare(self.default_probability, self.low, 2) < 0:
            return "too_low"
        return "in_range"

    @api.model
    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("id", "in", self.search([]).filtered(lambda row: row.state in value).ids)]

    def action_open_cases(self):
        """Open the leads that were counted, where the user may read leads."""
        self._check_one()
        if not self.env["crm.lead"].has_access("read"):
            return self.env["crm.lead.figure.row.mixin"]._notify(
                self.env._("You may read the figures, not the leads themselves.")
            )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_management.crm_lead_action_board"
        )
        name = self.env._("Decided leads from “%(stage)s”", stage=self.stage_id.name)
        return {
            **action,
            "name": name,
            "display_name": name,
            "domain": [
                ("won_status", "in", ["won", "lost"]),
                ("company_id", "in", [False, *self.env.companies.ids]),
                ("history_ids", "any", [("stage_id", "=", self.id), ("is_open", "=", True)]),
            ],
            "views": [
                (self.env.ref("lead_management.crm_lead_view_list").id, "list"),
                (False, "form"),
            ],
            "context": {"active_test": False, "create": False},
        }

    # ------------------------------------------------------------
    # Applying a rate
    # ------------------------------------------------------------

    def action_open_apply(self):
        """Open the dialog that shows what applying this row's rate changes.

        :return: the action of ``crm.stage.calibration.apply``
        :raises AccessError: when the user may not change stages
        """
        self._check_one()
        self.env["crm.stage"].browse(self.id).check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_management.crm_stage_calibration_apply_action"
        )
        return {**action, "context": {"default_stage_id": self.id}}

    def action_apply_rate(self):
        """Make the share won the default of each row's stage, to a tenth of a percent.

        A stage whose probability Odoo has predicted so far sets it from now on. Leads keep
        their probability: see ``crm.stage.action_apply_default_probability``.

        :raises AccessError: when the user may not change stages
        :raises UserError: when the share cannot be a default: under 20 cases, none or all won
        """
        stages = self.env["crm.stage"].browse(self.ids)
        stages.check_access("write")
        rows = self.search([("id", "in", self.ids)])
        for refusal in filter(None, (row._get_refusal() for row in rows)):
            raise UserError(refusal)
        for row in rows:
            row.stage_id.write(
                {
                    "uses_default_probability": True,
                    "default_probability": row._get_applicable_rate(),
                }
            )
        self.invalidate_model(flush=False)
        return True

    def _get_applicable_rate(self):
        """The share won as a default: in percent, with one decimal."""
        self.ensure_one()
        return float_round(self.rate, precision_digits=1)

    def _get_summary(self):
        """What the row says, in words; the likely share only where there are cases."""
        self.ensure_one()
        won = self.env._(
            "%(won)s of %(count)s decided leads that were in this phase were won.",
            won=self.won,
            count=self.decided,
        )
        if not self.interval:
            return won
        likely = self.env._("In the long run, %(interval)s %% are likely.", interval=self.interval)
        return f"{won} {likely}"

    def _get_refusal(self):
        """Why the share won cannot be the stage's default, and what to do; empty when it can.

        :rtype: str
        """
        self.ensure_one()
        if self.decided < MINIMUM_CASES:
            return self.env._(
                "Not enough history: %(count)s decided leads were in “%(stage)s”, and it takes "
                "%(minimum)s. Wait for more, or enter the default on the phase.",
                count=self.decided,
                stage=self.stage_id.name,
                minimum=MINIMUM_CASES,
            )
        values = {
            "count": self.decided,
            "stage": self.stage_id.name,
            "low": formatLang(self.env, self.low, digits=1),
            "high": formatLang(self.env, self.high, digits=1),
        }
        rate = self._get_applicable_rate()
        if rate <= 0:
            return self.env._(
                "Practically none of the %(count)s leads from “%(stage)s” were won, and a default "
                "must be over 0 %%. Enter a low one on the phase: under %(high)s %% is likely.",
                **values,
            )
        if rate >= 100:
            return self.env._(
                "Practically all of the %(count)s leads from “%(stage)s” were won, and a default "
                "must be under 100 %%. Enter a high one on the phase: over %(low)s %% is likely.",
                **values,
            )
        return ""
