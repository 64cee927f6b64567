"""What an administrator looks at now and then: what waits, what was repaired, whether jobs run."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime, formatLang

from .crm_lead_drift import LAST_REPAIR

JOBS = ("wake_up_leads", "remind_of_expiring_offers", "repair_drift")
PENDING = Domain("project_state", "=", "pending")
NO_REASON = Domain(
    [("won_status", "=", "lost"), ("active", "=", False), ("lost_reason_id", "=", False)]
)


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    lead_watch_pending = fields.Integer(
        "Won without a Project",
        compute="_compute_lead_watch",
        help="Won leads of which nobody has said where the order runs.",
    )
    lead_watch_no_reason = fields.Integer(
        "Declined without a Reason",
        compute="_compute_lead_watch",
        help="Declined leads that no statistics of reasons counts.",
    )
    lead_watch_repaired = fields.Char(
        "Last Repair",
        compute="_compute_lead_watch",
        help="When the nightly job last found stored figures that were wrong, and how many.",
    )
    lead_watch_jobs = fields.Text(
        "Jobs",
        compute="_compute_lead_watch",
        help="When each job last ran, how long it took, and what failed.",
    )

    @api.depends("company_id")
    def _compute_lead_watch(self):
        # sudo: administrators of the system are told how many, whatever leads they may read
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        found = self.env["ir.config_parameter"].sudo().get_param(LAST_REPAIR)
        jobs = [self._describe_job(job) for job in self._get_lead_jobs()]
        for settings in self:
            ours = Domain("company_id", "in", [False, settings.company_id.id])
            settings.lead_watch_pending = leads.search_count(ours & PENDING)
            settings.lead_watch_no_reason = leads.search_count(ours & NO_REASON)
            settings.lead_watch_repaired = found or self.env._("Nothing yet")
            settings.lead_watch_jobs = "\n".join(jobs)

    @api.model
    def _get_lead_jobs(self):
        """Our scheduled actions, but for those that somebody deleted."""
        names = [f"lead_management.ir_cron_{name}" for name in JOBS]
        # sudo: the settings are for administrators of the system, who manage jobs
        jobs = self.env["ir.cron"].sudo()
        return jobs.concat(*(self.env.ref(n, raise_if_not_found=False) or jobs for n in names))

    def _describe_job(self, job):
        last = format_datetime(self.env, job.lastcall) if job.lastcall else self.env._("never")
        text = self.env._("%(job)s: %(moment)s", job=job.name, moment=last)
        # sudo: as above; core keeps it for a week
        run = self.env["ir.cron.progress"].sudo()
        run = run.search([("cron_id", "=", job.id)], order="id desc", limit=1)
        if run.timed_out_counter:
            text = self.env._("%(text)s, not finished", text=text)
        elif run:
            seconds = (run.write_date - run.create_date).total_seconds()
            seconds = formatLang(self.env, seconds, digits=1)
            text = self.env._("%(text)s, took %(seconds)s s", text=text, seconds=seconds)
        if job.failure_count:
            text = self.env._("%(text)s, %(count)s failures", text=text, count=job.failure_count)
        return text if job.active else self.env._("%(text)s, switched off", text=text)

    def action_open_lead_jobs(self):
        """Open our scheduled actions.

        :return: the action of core's list
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("base.ir_cron_act")
        action["domain"] = [("id", "in", self._get_lead_jobs().ids)]
        return {**action, "context": {"active_test": False}}

    def action_open_lead_pending(self):
        """Open the won leads without a project.

        :return: the action
        """
        name = self.env._("Won without a Project")
        return self._open_watched(name, PENDING, "crm_lead_view_list")

    def action_open_lead_no_reason(self):
        """Open the declined leads without a reason.

        :return: the action
        """
        name = self.env._("Declined without a Reason")
        return self._open_watched(name, NO_REASON, "crm_lead_view_list_declined")

    def _open_watched(self, name, domain, view):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "crm.lead",
            "views": [(self.env.ref(f"lead_management.{view}").id, "list"), (False, "form")],
            "domain": list(domain & Domain("company_id", "in", [False, self.company_id.id])),
            "context": {"active_test": False, "create": False},
        }
