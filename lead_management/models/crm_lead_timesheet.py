"""Time recorded on a lead: its tickets and hours."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_amount
from odoo.tools.misc import clean_context

from odoo.addons.project.models.project_task import CLOSED_STATES


class CrmLead(models.Model):
    _inherit = "crm.lead"

    task_ids = fields.One2many(
        "project.task",
        "lead_id",
        "Tickets",
        help="The tickets that time on this lead is recorded on.",
    )
    timesheet_ids = fields.One2many(
        "account.analytic.line",
        "lead_id",
        domain=[("project_id", "!=", False)],
        groups="hr_timesheet.group_hr_timesheet_user",
        help="The hours recorded on this lead, also after they moved to a project.",
    )
    effective_hours = fields.Float(
        "Hours",
        compute="_compute_effective_hours",
        compute_sudo=True,  # totals are for every salesperson of the lead, single lines are not
        help="Hours recorded on this lead by everybody.",
    )
    presales_cost = fields.Monetary(
        currency_field="company_currency",
        compute="_compute_presales_cost",
        compute_sudo=True,
        groups="lead_management.group_lead_cost",
        help="Cost of the recorded hours as booked when they were recorded.",
    )
    presales_cost_apart = fields.Char(
        "Cost without a Rate",
        compute="_compute_presales_cost",
        compute_sudo=True,
        groups="lead_management.group_lead_cost",
        help="Cost of hours in a currency that no rate converts. It is not in the cost.",
    )
    encode_uom_in_days = fields.Boolean(compute="_compute_encode_uom_in_days")

    @api.depends("timesheet_ids.unit_amount")
    def _compute_effective_hours(self):
        hours = dict(self._read_timesheets(["lead_id"], ["unit_amount:sum"]))
        for lead in self:
            lead.effective_hours = hours.get(lead._origin, 0.0)

    @api.depends("timesheet_ids.amount", "company_currency")
    def _compute_presales_cost(self):
        costs = dict.fromkeys(self, 0.0)
        apart = {lead: defaultdict(float) for lead in self}
        rated = {}
        leads = {lead._origin: lead for lead in self}
        for origin, currency, company, day, amount in self._read_timesheets(
            ["lead_id", "currency_id", "company_id", "date:day"], ["amount:sum"]
        ):
            lead = leads[origin]
            if currency != lead.company_currency:
                if company not in rated:
                    rated[company] = currency._get_rated(company)
                if (currency | lead.company_currency) - rated[company]:
                    apart[lead][currency] -= amount
                    continue
            costs[lead] -= currency._convert(amount, lead.company_currency, company, day)
        for lead, cost in costs.items():
            lead.presales_cost = cost
            lead.presales_cost_apart = ", ".join(
                format_amount(self.env, amount, currency)
                for currency, amount in apart[lead].items()
            )

    def _read_timesheets(self, groupby, aggregates):
        leads = self._without_empty_list("timesheet_ids")
        if not leads:
            return []
        return self.env["account.analytic.line"]._read_group(
            [("lead_id", "in", leads._origin.ids), ("project_id", "!=", False)],
            groupby,
            aggregates,
        )

    @api.depends_context("company")
    def _compute_encode_uom_in_days(self):
        self.encode_uom_in_days = self.env["account.analytic.line"]._is_timesheet_encode_uom_day()

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """The label of recorded time says the unit that the company records it in."""
        fields_info = super().fields_get(allfields, attributes)
        # asked at every save, for what is tracked
        if "effective_hours" not in fields_info:
            return fields_info
        lines = self.env["account.analytic.line"]
        return lines._label_in_days(fields_info, effective_hours=self.env._("Days"))

    def _get_or_create_tickets(self):
        """The open ticket of each lead, created where there is none.

        A new ticket goes into the project the lead runs in, or else into the lead project of
        the lead's company (the user's company for a lead without one). A declined lead keeps
        using the ticket that was closed with it.

        :return: dict of ``crm.lead`` to ``project.task`` (in sudo mode)
        :raises AccessError: when the user may not read one of the leads
        """
        self.check_access("read")
        tickets = self._find_open_tickets()
        missing = self.filtered(lambda lead: lead not in tickets)
        if missing:
            missing._claim()
            tickets.update(missing._create_tickets())
        return tickets

    def _claim(self):
        """Let nobody else create tickets for these leads at the same time.

        Whoever comes second waits, is refused by the database, and is run again by Odoo: then
        he finds the ticket. A lock alone would let him go on with what he saw before.
        """
        # nothing changes: the leads' rows only get a new version
        self.env.execute_query(
            SQL(
                "UPDATE crm_lead SET write_date = write_date WHERE id IN %s RETURNING id",
                tuple(self.ids),
            )
        )

    def _find_open_tickets(self):
        """The open tickets of those of these leads that have one; see _get_or_create_tickets."""
        # sudo: salespeople need no project rights to record time on a lead they can read
        tickets = {}
        tasks = self.env["project.task"].sudo()
        tasks = tasks.search(
            [("lead_id", "in", self.ids), ("is_lead_ticket", "=", True)], order="id"
        )
        for task in tasks.filtered(lambda task: task.parent_id.lead_id != task.lead_id):
            lead = task.lead_id.with_env(self.env)
            is_open = task.state not in CLOSED_STATES or lead.won_status == "lost"
            project = lead.sudo().won_project_id
            takes_time = project.active and project.allow_timesheets
            if is_open and (task.project_id == project or not takes_time):
                tickets.setdefault(lead, task)
        return tickets

    def _create_tickets(self):
        """A new ticket of each lead, by lead (``project.task`` in sudo mode)."""
        values = [lead._prepare_ticket_values() for lead in self]
        # a form's defaults (type, stage, ...) are for leads, not for tasks
        context = {
            **clean_context(self.env.context),
            "mail_create_nosubscribe": True,
            "mail_create_nolog": True,
        }
        # sudo: as above
        Task = self.env["project.task"].sudo()
        created = Task.with_context(context).create(values)  # pylint: disable=context-overridden
        return dict(zip(self, created, strict=True))

    def _close_tickets(self):
        self._get_tickets([("state", "not in", list(CLOSED_STATES))]).write({"state": "1_canceled"})

    def _reopen_tickets(self):
        self._get_tickets([("state", "=", "1_canceled")]).write({"state": "01_in_progress"})

    def _get_tickets(self, domain):
        """The leads' tickets that match ``domain``, in sudo mode: no project rights needed.

        Not those in the customer's project: the project manager decides about them.
        """
        tickets = self.env["project.task"].sudo()
        if not self:
            return tickets
        tickets = tickets.search(
            [("lead_id", "in", self.ids), ("is_lead_ticket", "=", True), *domain]
        )
        return tickets.filtered(lambda task: task.project_id != task.lead_id.won_project_id)

    def _prepare_ticket_values(self):
        """Values of the ticket that time on this lead is recorded on. Extend it to add more."""
        self.ensure_one()
        # sudo: the project need not be readable for the salesperson
        project = self.sudo().won_project_id
        if not project.active or not project.allow_timesheets:
            company = self.company_id or self.env.company
            project = company.sudo()._get_or_create_lead_project()
        return {
            "name": self.name,
            "lead_id": self.id,
            "is_lead_ticket": True,
            "project_id": project.id,
            "company_id": project.company_id.id,
            "user_ids": False,
            "state": "1_canceled" if self.won_status == "lost" else "01_in_progress",
        }

    def action_track_time(self):
        """Open the lead's ticket, created if there is none, to record time on it.

        :return: the ticket's form; for who has no project rights, a dialog for one hour line
        :raises AccessError: when the user may not record time
        :raises UserError: when there is no employee to record it for
        """
        self._check_one()
        self.check_access("read")
        user = self.env.user
        is_project_user = user.has_group("project.group_project_user")
        if not is_project_user and not user.has_group("hr_timesheet.group_hr_timesheet_user"):
            raise AccessError(self.env._("You have no right to record time."))
        self._check_has_employee()
        if not is_project_user:
            self._get_or_create_tickets()
            return self._get_time_dialog()
        ticket = self._get_or_create_tickets()[self].sudo(False)
        return {
            "type": "ir.actions.act_window",
            "name": ticket.display_name,
            "res_model": "project.task",
            "res_id": ticket.id,
            "views": [(False, "form")],
        }

    def _get_time_dialog(self):
        """The action of a small form: date, what, how long. The hour finds the lead's ticket."""
        view = self.env.ref("lead_management.account_analytic_line_view_form_lead")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record Time: %(lead)s", lead=self.name),
            "res_model": "account.analytic.line",
            "views": [(view.id, "form")],
            "target": "new",
            "context": {"default_lead_id": self.id, "dialog_size": "medium"},
        }

    @api.model
    def _check_has_employee(self):
        """Before a ticket is created that nothing could be recorded on.

        :raises UserError: when the user has no employee, and may not record time for others
        """
        user = self.env.user
        if user.has_group("hr_timesheet.group_hr_timesheet_approver"):
            return
        # sudo: whether there is an employee is asked for the user himself
        employees = self.env["hr.employee"].sudo()
        own = [("user_id", "=", user.id), ("company_id", "in", self.env.companies.ids)]
        if not employees.search_count(own, limit=1):
            raise UserError(
                self.env._(
                    "There is no employee for your user in the selected companies, so no time can "
                    "be recorded for you. Ask who manages employees to create one."
                )
            )

    def action_view_timesheets(self):
        """Open the hours recorded on these leads, as far as the user may see them.

        :raises AccessError: when the user may not read the leads
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("hr_timesheet.act_hr_timesheet_line")
        action["domain"] = [("lead_id", "in", self.ids), ("project_id", "!=", False)]
        action["context"] = {
            "is_timesheet": 1,
            "default_lead_id": self.id if len(self) == 1 else False,
        }
        return action
