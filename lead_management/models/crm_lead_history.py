from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# what a change of is recorded: column of the history to expression over the lead ``lead``
STATE_COLUMNS = {
    "stage_id": "lead.stage_id",
    "type": "lead.type",
    "won_status": "lead.won_status",
    "is_open": "COALESCE(lead.active AND lead.won_status = 'pending', FALSE)",
    "probability": "lead.probability",
    "expected_revenue": "lead.expected_revenue",
    "date_deadline": "lead.date_deadline",
    "salesperson_id": "lead.user_id",
    "team_id": "lead.team_id",
    "category_id": "lead.category_id",
    "company_id": "lead.company_id",
}
# the columns of ``crm.lead`` in these expressions
RECORDED = {
    "stage_id",
    "type",
    "won_status",
    "active",
    "probability",
    "expected_revenue",
    "date_deadline",
    "user_id",
    "team_id",
    "category_id",
    "company_id",
}
PENDING = "lead_management.history"


class CrmLeadHistory(models.Model):
    """What a lead was after each transaction that changed it. Append-only.

    Rows are written when a transaction commits, by one statement that compares the leads it
    touched with their last rows. So whatever way a change took, a lead has at most one row
    for it, and none when nothing changed in the end.
    """

    _name = "crm.lead.history"
    _description = "Lead History"
    _order = "date desc, id desc"
    _rec_name = "lead_id"
    _log_access = False

    lead_id = fields.Many2one(
        "crm.lead",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Empty when the lead was deleted.",
    )
    lead_key = fields.Integer(
        "Lead Number",
        required=True,
        readonly=True,
        help="The lead's database id, kept when it is deleted.",
    )
    date = fields.Datetime(required=True, readonly=True, index=True)
    user_id = fields.Many2one(
        "res.users", "Changed By", readonly=True, ondelete="set null", help="Who changed it."
    )
    stage_id = fields.Many2one("crm.stage", "Phase", readonly=True, ondelete="set null")
    type = fields.Selection([("lead", "Lead"), ("opportunity", "Opportunity")], readonly=True)
    won_status = fields.Selection(
        [("won", "Won"), ("lost", "Declined"), ("pending", "Open")], "Status", readonly=True
    )
    is_open = fields.Boolean(
        "In the Pipeline", readonly=True, help="Open and neither archived nor deleted."
    )
    probability = fields.Float("Probability (%)", readonly=True, aggregator="avg")
    expected_revenue = fields.Monetary(
        "Value", currency_field="currency_id", readonly=True, help="In the company's currency."
    )
    prorated_revenue = fields.Monetary(
        "Weighted Value", currency_field="currency_id", readonly=True
    )
    date_deadline = fields.Date("Planned Order Date", readonly=True)
    salesperson_id = fields.Many2one("res.users", "Owner", readonly=True, ondelete="set null")
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True, ondelete="set null")
    category_id = fields.Many2one("crm.lead.category", readonly=True, ondelete="set null")
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")

    _lead_key_date_uniq = models.UniqueIndex("(lead_key, date)")

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for row in self:
            row.currency_id = (row.company_id or self.env.company).currency_id

    # ------------------------------------------------------------
    # Append-only
    # ------------------------------------------------------------

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("The history of leads cannot be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The history of leads cannot be deleted."))

    # ------------------------------------------------------------
    # Recording
    # ------------------------------------------------------------

    @api.model
    def _record_later(self, lead_ids):
        """Have these leads compared with their last rows when the transaction commits.

        Called by ``crm.lead`` for every insert and update of a recorded column.

        :param lead_ids: iterable of ids of ``crm.lead``
        """
        precommit = self.env.cr.precommit
        if PENDING not in precommit.data:
            precommit.data[PENDING] = set()
            precommit.add(self.sudo()._record_pending)
        precommit.data[PENDING].update(lead_ids)

    @api.model
    def _record_pending(self):
        """Write the rows of the leads that this transaction has changed so far.

        Every reader of the history calls it, so that the history never lags behind.
        """
        self.env["crm.lead"].flush_model([*RECORDED, "prorated_revenue"])
        lead_ids = self.env.cr.precommit.data.pop(PENDING, None)
        if lead_ids:
            self._record(SQL("lead.id = ANY(%s)", list(lead_ids)))

    @api.model
    def _record_open_leads(self):
        """Write the rows of all leads in the pipeline that changed on a way around the ORM.

        Called after installation, for the first rows, and after core's scoring job.
        """
        self.env["crm.lead"].flush_model([*RECORDED, "prorated_revenue"])
        self._record(SQL("lead.active AND lead.won_status = 'pending'"))

    @api.model
    def _record(self, condition):
        """Append a row for each lead that differs from its last row; one statement.

        A second change in the same transaction updates the row of the first.

        :param SQL condition: which leads to compare, over the alias ``lead``
        """
        columns = [*STATE_COLUMNS, "prorated_revenue"]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_lead_history (lead_id, lead_key, date, user_id, %(names)s)
                     SELECT lead.id, lead.id, %(now)s, %(user)s, %(state)s, lead.prorated_revenue
                       FROM crm_lead AS lead
          LEFT JOIN LATERAL (SELECT *
                               FROM crm_lead_history
                              WHERE lead_key = lead.id
                           ORDER BY date DESC
                              LIMIT 1) AS latest ON TRUE
                      WHERE %(condition)s
                        AND (latest.id IS NULL OR (%(state)s) IS DISTINCT FROM (%(latest)s))
                ON CONFLICT (lead_key, date) DO UPDATE SET (%(names)s) = (%(excluded)s)
                """,
                names=SQL(", ").join(map(SQL.identifier, columns)),
                now=self.env.cr.now(),
                user=self.env.uid,
                state=SQL(", ").join(map(SQL, STATE_COLUMNS.values())),
                condition=condition,
                latest=SQL(", ").join(SQL.identifier("latest", name) for name in STATE_COLUMNS),
                excluded=SQL(", ").join(SQL.identifier("excluded", name) for name in columns),
            )
        )
        self.invalidate_model()

    @api.model
    def _record_removal(self, lead_ids):
        """Append the row that takes deleted leads out of the pipeline, where they were in it.

        :param lead_ids: list of ids of the leads that were deleted
        """
        columns = [name for name in STATE_COLUMNS if name != "is_open"]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_lead_history (lead_key, date, user_id, is_open, %(names)s)
                     SELECT lead_key, %(now)s, %(user)s, FALSE, %(names)s
                       FROM (SELECT DISTINCT ON (lead_key) *
                               FROM crm_lead_history
                              WHERE lead_key = ANY(%(ids)s)
                           ORDER BY lead_key, date DESC) AS latest
                      WHERE is_open
                ON CONFLICT (lead_key, date) DO UPDATE SET is_open = FALSE
                """,
                names=SQL(", ").join(map(SQL.identifier, [*columns, "prorated_revenue"])),
                now=self.env.cr.now(),
                user=self.env.uid,
                ids=lead_ids,
            )
        )
        self.invalidate_model()

    # ------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------

    @api.model
    def _search(self, domain, *args, **kwargs):
        self._record_pending()
        return super()._search(domain, *args, **kwargs)

    def action_open_lead(self):
        """Open the lead of this row.

        :return: the lead's form; a message where it was deleted or may not be read
        """
        self.ensure_one()
        return self.env["crm.lead.report.mixin"]._get_open_lead_action(self.lead_id)
