from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain
from odoo.tools import format_duration, format_list
from odoo.tools.misc import formatLang

from ..tools.sent import sent_id

# A context is what a client sends, too: only this very object, which nobody can send, counts.
KEEP_AMOUNT = object()

# How often a batch of hours that another module refuses to move is tried again in two halves.
MAX_HALVINGS = 64


class AccountAnalyticLine(models.Model):
    _name = "account.analytic.line"
    _inherit = ["crm.lead.guard.mixin", "account.analytic.line"]

    lead_id = fields.Many2one(
        "crm.lead",
        compute="_compute_lead_id",
        store=True,
        readonly=False,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="sales_team.group_sale_salesman",
        help="The lead these hours were recorded for. It stays when they move to a project.",
    )

    @api.depends("task_id.lead_id")
    def _compute_lead_id(self):
        """Hours belong to the lead of their ticket while it is not won.

        They keep it in the project the lead runs in, on any task; what is recorded there later
        is no presales time. Moved into another customer's project they were booked by mistake.
        """
        known = {}
        for line in self:
            key = task, lead = line.task_id, line.lead_id
            if key not in known:
                known[key] = self._get_lead_on_task(task, lead)
            if lead != known[key] or not line.id:
                line.lead_id = known[key]

    @api.model
    def _get_lead_on_task(self, task, lead):
        """The lead of hours on ``task`` that were of ``lead`` before; both may be empty."""
        if lead and (
            not task
            or task.project_id == lead.won_project_id
            or not (task.lead_id or task.project_id.allow_billable)
        ):
            return lead
        if task.lead_id.won_project_id and task.lead_id.won_project_id == task.project_id:
            return self.env["crm.lead"]
        return task.lead_id

    @api.model_create_multi
    def create(self, vals_list):
        """Hours that name a lead but no task go on the lead's ticket, made when missing."""
        default_lead_id = self.env.context.get("default_lead_id")
        lead_ids = [
            not vals.get("task_id") and sent_id(vals.get("lead_id") or default_lead_id)
            for vals in vals_list
        ]
        leads = self.env["crm.lead"].browse({lead_id for lead_id in lead_ids if lead_id})
        if not leads:
            lines = super().create(vals_list)
            # sudo: who records the time need not read leads
            lines.sudo().lead_id._note_activity()
            return lines
        leads._note_activity()
        tickets = leads._get_or_create_tickets()
        prepared = []
        for vals, lead_id in zip(vals_list, lead_ids, strict=True):
            if lead_id:
                ticket = tickets[leads.browse(lead_id)]
                vals = {
                    **vals,
                    "lead_id": lead_id,
                    "task_id": ticket.id,
                    "project_id": ticket.project_id.id,
                }
            prepared.append(vals)
        return super().create(prepared)

    def _timesheet_postprocess_values(self, values):
        """Moving hours to another project changes where they cost, not what they cost.

        Core recomputes the amount at today's hourly cost whenever the account is written. A rule
        of another module that changes duration or employee meanwhile changes the amount.
        """
        is_moved = self.env.context.get("lead_keep_amount") is KEEP_AMOUNT
        if is_moved and not values.keys() & {"unit_amount", "employee_id"}:
            return {line_id: {} for line_id in self.ids}
        return super()._timesheet_postprocess_values(values)

    def _write_unless_refused(self, values):
        """Write on these lines, but for those of which another module refuses it.

        A batch that is refused is undone and tried again in two halves, the largest first. After
        ``MAX_HALVINGS`` the refused batches stay whole, so that the number of tries does not
        grow with the number of lines; in the order of days, which closed periods go by.

        :param dict values: as ``write`` takes them
        :return: dict of refused lines, by reason
        """
        refused = {}
        batches = [self.sorted(lambda line: (line.date, line.id))] if self else []
        halvings = 0
        while batches:
            lines = batches.pop(batches.index(max(batches, key=len)))
            try:
                with self.env.cr.savepoint():
                    # core changes the dict it gets
                    lines.write(dict(values))
            except (UserError, RedirectWarning) as error:
                if len(lines) == 1 or halvings == MAX_HALVINGS:
                    reason = str(error.args[0])
                    refused[reason] = refused.get(reason, self.browse()) | lines
                else:
                    halvings += 1
                    half = len(lines) // 2
                    batches += [lines[:half], lines[half:]]
        return refused

    @api.model
    def _get_customer_domain(self):
        """What portal and public users may see, at most, of hours; internal users: all.

        Hours of a lead are shown on a released ticket only: they stay presales hours when
        somebody moves them to another task.
        """
        if not self.env.user.share:
            return Domain.TRUE
        return ~Domain("task_id.is_internal_presales", "=", True) & (
            Domain("lead_id", "=", False) | Domain("task_id.is_shown_to_customer", "=", True)
        )

    def _timesheet_get_portal_domain(self):
        """Core's portal pages search the hours in sudo mode, with this domain."""
        return Domain(super()._timesheet_get_portal_domain()) & self._get_customer_domain()

    @api.model
    def _label_in_days(self, fields_info, **labels):
        """Give fields of recorded time these labels, where the company records it in days.

        :param dict fields_info: as of ``fields_get``
        :param labels: name of the field to label
        :return: ``fields_info``
        """
        if self._is_timesheet_encode_uom_day():
            for name, label in labels.items():
                if "string" in fields_info.get(name, {}):
                    fields_info[name]["string"] = label
        return fields_info

    def _get_time_text(self):
        """The lines' total and their people in words, e.g. "4:30 hours of Anna Huber".

        In the unit the company records time in.

        :rtype: str
        """
        total, names = 0.0, []
        for employee, amount in self._read_group(
            [("id", "in", self.ids)], ["employee_id"], ["unit_amount:sum"]
        ):
            total += amount
            if employee:
                names.append(employee.name)
        if self._is_timesheet_encode_uom_day():
            days = self._convert_hours_to_days(total)
            digits = next(count for count in (0, 1, 2) if round(days, count) == days)
            text = formatLang(self.env, days, digits=digits)
            time = (
                self.env._("%(days)s day", days=text)
                if days == 1
                else self.env._("%(days)s days", days=text)
            )
        else:
            time = self.env._("%(hours)s hours", hours=format_duration(total))
        if not names:
            return time
        if len(names) > 2:
            return self.env._("%(time)s of %(count)s people", time=time, count=len(names))
        return self.env._("%(time)s of %(people)s", time=time, people=format_list(self.env, names))
