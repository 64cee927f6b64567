import json
import re

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
    "wake_up_date": "lead.wake_up_date",
}
# the columns of ``crm.lead`` in these expressions, and the weighted value: it changes alone where a
# currency gets another smallest unit, or the nightly job repairs it
RECORDED = {"prorated_revenue", *re.findall(r"lead\.(\w+)", " ".join(STATE_COLUMNS.values()))}
PENDING = "lead_management.history"
# the columns that the database empties when what they name is deleted: its name is kept
KEPT = ("stage_id", "salesperson_id", "team_id", "category_id", "user_id")


def _list(columns, prefix=""):
    return ", ".join(f'{prefix}"{name}"' for name in columns)


def _state_of(row):
    # what was deleted was there, and is not any more
    gone = f"NULLIF({row}.kept_names - 'user_id', '{{}}'::jsonb)"
    return f"{_list(STATE_COLUMNS, row + '.')}, COALESCE({row}.prorated_revenue, 0), {gone}"


_WEIGHTED = "COALESCE(lead.prorated_revenue, 0)"
_STATE = ", ".join([*STATE_COLUMNS.values(), _WEIGHTED, "NULL::jsonb"])
_KEPT_STATE = ",".join(name for name in KEPT if name in STATE_COLUMNS)
# See ``_record``. Put together once: it is run at every save of a lead. ``is_changed``: the lead is
# not what its last row says; ``is_undone``: it is again what it was before the row that this
# transaction has written.
RECORD = f"""
    WITH compared AS (
         SELECT lead.id AS lead_id, %(user)s AS user_id, lead.prorated_revenue, %(date)s AS date,
                {", ".join(f'{value} AS "{name}"' for name, value in STATE_COLUMNS.items())},
                latest.id AS latest_id,
                (latest.id IS NULL
                 OR ({_STATE}) IS DISTINCT FROM ({_state_of("latest")})) AS is_changed,
                (previous.id IS NOT NULL
                 AND ({_STATE}) IS NOT DISTINCT FROM ({_state_of("previous")})) AS is_undone
           FROM crm_lead AS lead
 LEFT JOIN LATERAL (SELECT * FROM crm_lead_history WHERE lead_key = lead.id
                  ORDER BY date DESC LIMIT 1) AS latest ON TRUE
 LEFT JOIN LATERAL (SELECT * FROM crm_lead_history WHERE lead_key = lead.id
                       AND date < latest.date AND latest.date = %(now)s
                  ORDER BY date DESC LIMIT 1) AS previous ON TRUE
         %(which)s
         ),
         undone AS (DELETE FROM crm_lead_history AS own
                          USING compared
                          WHERE own.id = compared.latest_id AND compared.is_undone)
    INSERT INTO crm_lead_history (lead_id, lead_key, date, user_id,
                                  {_list(STATE_COLUMNS)}, prorated_revenue)
         SELECT lead_id, lead_id, date, user_id, {_list(STATE_COLUMNS)}, prorated_revenue
           FROM compared
          WHERE is_changed AND NOT is_undone
    ON CONFLICT (lead_key, date) DO UPDATE
            SET ({_list(STATE_COLUMNS)}, prorated_revenue)
              = ({_list(STATE_COLUMNS, "excluded.")}, excluded.prorated_revenue),
                kept_names = crm_lead_history.kept_names - '{{{_KEPT_STATE}}}'::text[]
      RETURNING lead_key
"""


class CrmLeadHistory(models.Model):
    """What a lead was after each transaction that changed it. Append-only.

    Rows are written when a transaction commits, by one statement that compares the leads it
    touched with their last rows. So whatever way a change took, a lead has at most one row
    for it, and none when nothing changed in the end.
    """

    _name = "crm.lead.history"
    _inherit = ["crm.lead.figure.row.mixin"]
    _description = "Lead History"
    _order = "date desc, id desc"
    _log_access = False
    _rec_name = "lead_id"
    _keeps_deleted_leads = True

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
    # a row is a state of its lead: several of them have no sum
    expected_revenue = fields.Monetary(
        "Value",
        currency_field="currency_id",
        readonly=True,
        aggregator=None,
        help="In the company's currency.",
    )
    prorated_revenue = fields.Monetary(
        "Weighted Value", currency_field="currency_id", readonly=True, aggregator=None
    )
    date_deadline = fields.Date("Planned Order Date", readonly=True)
    salesperson_id = fields.Many2one("res.users", "Owner", readonly=True, ondelete="set null")
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True, ondelete="set null")
    category_id = fields.Many2one("crm.lead.category", readonly=True, ondelete="set null")
    company_id = fields.Many2one("res.company", readonly=True, ondelete="restrict")
    wake_up_date = fields.Date(
        "On Hold Until", readonly=True, help="A lead that is open is on hold until this day."
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    kept_names = fields.Json(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="What deleted phases, owners, teams, categories and users were called: column to "
        "dict of language to name.",
    )
    deleted_text = fields.Char(
        "Deleted Since",
        compute="_compute_deleted_text",
        help="What phase, owner, team and category were called that are deleted since.",
    )

    _lead_key_date_uniq = models.UniqueIndex("(lead_key, date)")

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        self.check_access("read")
        # sudo: whoever may read the lead reads what it was worth in another company
        for row in self.sudo():
            row.currency_id = (row.company_id or self.env.company).currency_id

    @api.depends("kept_names")
    @api.depends_context("lang")
    def _compute_deleted_text(self):
        labels = {name: self._fields[name].get_description(self.env)["string"] for name in KEPT}
        for row in self:
            row.deleted_text = ", ".join(
                f"{labels[column]}: {names.get(self.env.lang) or names['en_US']}"
                for column, names in (row.kept_names or {}).items()
            )

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

        Called by ``crm.lead`` for every insert, write and update of a recorded column. The
        first to call it for a lead is who changed it.

        :param lead_ids: list of ids of ``crm.lead``
        :return: ids of those that were not waiting already
        """
        precommit = self.env.cr.precommit
        if PENDING not in precommit.data:
            precommit.data[PENDING] = {}
            precommit.add(self.sudo()._record_at_commit)
        pending = precommit.data[PENDING]
        new = [lead_id for lead_id in lead_ids if lead_id not in pending]
        pending.update(dict.fromkeys(new, self.env.uid))
        return new

    @api.model
    def _record_at_commit(self):
        """Write the pending rows for good; what other hooks change afterwards queues us anew."""
        self._flush_leads()
        self._record_changes(self.env.cr.precommit.data.pop(PENDING, {}))

    @api.model
    def _record_pending(self):
        """Write the rows of the leads that this transaction has changed so far.

        Every reader of the history calls it, so that the history never lags behind.
        """
        self._flush_leads()
        pending = self.env.cr.precommit.data.get(PENDING)
        if pending:
            changes = dict(pending)
            # the dict stays: its presence says that the hook is in the queue
            pending.clear()
            self._record_changes(changes)

    @api.model
    def _flush_leads(self):
        self.env["crm.lead"].flush_model(RECORDED)

    @api.model
    def _record_changes(self, changes):
        """Write the rows of these leads, where they differ from their last ones.

        :param dict changes: id of the lead to id of the user who changed it
        """
        if changes:
            changed = SQL(
                "JOIN UNNEST(%s, %s) AS changed(id, user_id) ON changed.id = lead.id",
                list(changes),
                list(changes.values()),
            )
            # whoever changed it may be deleted since
            author = SQL("(SELECT id FROM res_users WHERE id = changed.user_id)")
            self._record(changed, author)

    @api.model
    def _record_open_leads(self):
        """Write the rows of all leads in the pipeline that changed on a way around the ORM.

        Called after installation, for the first rows, and after core's scoring job.
        """
        self._flush_leads()
        is_open = SQL("WHERE lead.active AND lead.won_status = 'pending'")
        self._record(is_open, SQL("%s", self.env.uid))

    @api.model
    def _record_drift(self, lead_ids):
        """Write the rows of the leads that are not what their last rows say, whatever changed
        them. Leads that were decided before the history began are left alone.

        :param lead_ids: list of ids of ``crm.lead``
        :return: ids of the leads that differed
        """
        self._record_pending()
        known = SQL(
            """
            WHERE lead.id = ANY(%s)
              AND (lead.active AND lead.won_status = 'pending'
                   OR EXISTS (SELECT FROM crm_lead_history WHERE lead_key = lead.id))
            """,
            lead_ids,
        )
        return self._record(known, SQL("%s", self.env.uid))

    @api.model
    def _record(self, which, user):
        """Append a row for each lead that differs from its last row; one statement.

        A second change in the same transaction (pending rows are written at every savepoint)
        updates the row of the first, or takes it back when it undoes the first. Should the
        server's clock have been set back, or a transaction that started later have committed
        earlier, the new row comes right after the last one: what happened last stays last.

        :param SQL which: ``JOIN`` or ``WHERE`` that selects from ``crm_lead AS lead``
        :param SQL user: who changed the lead
        :return: ids of the leads that differed
        """
        date = self._date_after(SQL("latest.date"))
        now = self.env.cr.now()
        self.env.cr.execute(SQL(RECORD, which=which, user=user, date=date, now=now))
        changed = [lead_id for (lead_id,) in self.env.cr.fetchall()]
        self.invalidate_model()
        return changed

    @api.model
    def _date_after(self, latest):
        """SQL of the date of a new row, after the last row's date ``latest`` in any case."""
        return SQL(
            "CASE WHEN %(latest)s > %(now)s THEN %(latest)s + INTERVAL '1 microsecond' "
            "ELSE %(now)s END",
            latest=latest,
            now=self.env.cr.now(),
        )

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
                     SELECT lead_key, %(date)s, %(user)s, FALSE, %(names)s
                       FROM (SELECT DISTINCT ON (lead_key) *
                               FROM crm_lead_history
                              WHERE lead_key = ANY(%(ids)s)
                           ORDER BY lead_key, date DESC) AS latest
                      WHERE is_open
                ON CONFLICT (lead_key, date) DO UPDATE SET is_open = FALSE
                """,
                names=SQL(", ").join(map(SQL.identifier, [*columns, "prorated_revenue"])),
                date=self._date_after(SQL.identifier("latest", "date")),
                user=self.env.uid,
                ids=lead_ids,
            )
        )
        self.invalidate_model()

    @api.model
    def _keep_names(self, records):
        """Before ``records`` are deleted: their rows keep what they were called.

        :param records: of any model; in sudo mode, as their names are told with the rows
        """
        columns = [name for name in KEPT if self._fields[name].comodel_name == records._name]
        if not columns:
            return
        self._record_pending()
        languages = ["en_US", *(code for code, _name in self.env["res.lang"].get_installed())]
        names = {
            record.id: {lang: record.with_context(lang=lang).name or "" for lang in languages}
            for record in records
        }
        for column in columns:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE crm_lead_history
                       SET kept_names = COALESCE(kept_names, '{}') || jsonb_build_object(
                               %(key)s::text, %(names)s::jsonb -> %(column)s::text)
                     WHERE %(column)s = ANY(%(ids)s)
                    """,
                    key=column,
                    column=SQL.identifier(column),
                    names=json.dumps(names),
                    ids=records.ids,
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

    @api.model
    def _get_start(self):
        """When the history begins: what was before is not known.

        :return: naive ``datetime`` in UTC, ``None`` while there is no history
        """
        self._record_pending()
        [(start,)] = self.env.execute_query(SQL("SELECT MIN(date) FROM crm_lead_history"))
        return start

    @api.model
    def _pipeline_as_of(self, day, domain=None):
        """The pipeline at the end of a past day, by the phase in which each lead was then.

        Leads count with the value, weighted value, owner, team, category and company they had
        on that day. The day ends at midnight in the time zone of the active company.
        Amounts are in the currency of the active company, those of other chosen companies
        converted at today's rates. Only leads count that the user's access rules show him.

        :param day: date or its string
        :param domain: over the fields of ``crm.lead.snapshot.report``
        :return: dict of ``crm.stage`` to ``(amount, amount_weighted)``; phases without leads
            are not in it, leads whose phase was deleted are under the empty one
        :raise AccessError: when the user may not read the figures
        """
        report = self.env["crm.lead.snapshot.report"].with_context(snapshot_date=day)
        groups = report._read_group(
            domain or [], ["stage_id"], ["amount:sum", "amount_weighted:sum"]
        )
        return {stage: (amount, weighted) for stage, amount, weighted in groups}
