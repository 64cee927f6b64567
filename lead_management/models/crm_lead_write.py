"""What happens when a lead is saved: the only create, write and unlink of ``crm.lead``.

A save is a plan. Each rule looks at leads and at the values somebody saves and returns which
leads get which values; it writes nothing. The rules stand in the file of their subject, their
order stands here. What the plan adds is saved by calling ``write`` from the top once more,
with the final values: so other modules, and automation rules among them, see all that changes,
once. A plan that adds nothing is saved.
"""

from contextlib import nullcontext

from odoo import api, models

from ..tools.marks import NEEDS_SETTLED
from .crm_lead_history import RECORDED

# What core and the rules below look at when a lead is saved, besides the fields that are tracked.
# Whatever is missing here costs a query.
READ_AT_SAVE = RECORDED | {
    "contact_name",
    "date_closed",
    "email_from",
    "lead_properties",
    "lost_reason_id",
    "partner_id",
    "partner_name",
    "payment_count",
    "phone",
    "recurring_revenue",
    "recurring_revenue_monthly",
    "request_type",
    "value_source",
    "wake_up_date",
    "won_project_id",
}
READ_AT_MOVE = {"date_last_stage_update", "last_activity_date"}
READ_OF_TEAMS = ("alias_id", "lead_properties_definition")
READ_OF_STAGES = (
    "activity_plan_id",
    "default_probability",
    "is_won",
    "keep_manual_probability",
    "lead_type",
    "name",
    "sequence",
    "uses_default_probability",
)
READ_OF_COMPANIES = ("active", "alias_domain_id", "currency_id")


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model_create_multi
    def create(self, vals_list):
        vals_list, teams = self._plan_create(vals_list)
        planned = self.with_context(lead_teams=teams)
        with planned._chatter_batch() if len(vals_list) > 1 else nullcontext(planned) as new:
            leads = super(CrmLead, new).create(vals_list).with_env(self.env)
        leads._round_values(vals_list)
        leads._record_later()
        given = leads._plan_first_steps(vals_list)
        leads._start_plans(leads._find_plans_of_new(), given)
        return leads

    def write(self, vals):
        self._fetch_for_save(vals)
        plan = self._plan_write(vals)
        if any(values is not vals for _leads, values in plan):
            # a rule that has run on the final values does not run again on the first ones: so
            # base_automation itself calls what it computes
            once = self.with_context(__action_feedback=True, lead_needs=NEEDS_SETTLED)
            for leads, values in plan:
                if leads:
                    leads.with_env(once.env).write(values)
            return True
        self._settle_before(vals)
        self._note_author(vals)
        plans = self._find_entered_plans(vals)
        left_answers = self._find_leaving_answers(vals)
        with self.env.protecting(self._get_kept_fields(vals), self):
            # core changes the dict it gets
            super().write(dict(vals))
        still_open = self._get_open_with_closing_date(vals)
        if still_open:
            super(CrmLead, still_open).write({"date_closed": False})
        if "main_order_id" in vals:
            won = self.filtered(lambda lead: lead.won_status == "won")
            won._drop_follow_ups_of_cancelled_order()
        self._start_plans(plans)
        self._note_left_answers(left_answers)
        return True

    def _fetch_for_save(self, vals):
        """Read what a save of ``vals`` looks at, one query per model: a lead, its stage and company
        have three times as many columns.

        Of one lead by itself only: of several, all columns are read at once, as whatever comes
        later would read what is missing lead by lead.
        """
        is_alone = len(self) == 1 and len(tuple(self._prefetch_ids)) == 1
        if not is_alone or (not self.env.su and self._is_for_outsider()):
            return
        names = READ_AT_SAVE | self._track_get_fields()
        if "stage_id" in vals:
            names |= READ_AT_MOVE
        # what not everybody may read is core's to ask for
        self.fetch([name for name in names if not self._fields[name].groups])
        # sudo: core asks for these in sudo mode, too
        leads = self.sudo()
        leads.team_id.fetch(READ_OF_TEAMS)
        if not RECORDED.isdisjoint(vals):
            stages = leads.stage_id | leads.stage_id.browse(vals.get("stage_id") or [])
            stages.fetch(READ_OF_STAGES)
            leads.company_id.fetch(READ_OF_COMPANIES)

    def _plan_create(self, vals_list):
        """The values that leads are created with.

        :param vals_list: dicts of values as ``create`` takes them
        :return: list of such dicts, and the teams that are found for the leads
        """
        # sudo: as in ``_fetch_for_save``
        user = self.env.user.sudo().with_context(active_test=False)
        user.company_ids.fetch(READ_OF_COMPANIES)
        vals_list = [self._drop_empty(vals) for vals in vals_list]
        stages, teams = self._propose_first_stages(vals_list)
        return [
            self._imply_first_stage(vals, stage_id)
            for vals, stage_id in zip(vals_list, stages, strict=True)
        ], teams

    def _plan_write(self, vals):
        """Which of these leads get which values, when somebody saves ``vals``.

        A rule is added by adding it to this list. It takes leads and values and returns a list
        of such pairs: the same values, not a copy, where it has nothing to add, also when it
        is asked again with what it added.

        :param dict vals: as ``write`` takes them
        :return: list of pairs (``crm.lead``, dict of values)
        """
        plan = [(self, vals)]
        for rule in (
            "_imply_given",
            "_imply_stage_of_type",
            "_imply_stage_of_team",
            "_imply_stage_entry",
            "_imply_reopening",
            "_imply_hold_end",
            "_imply_request_type",
            "_imply_value_source",
            # last: it judges what the others decided
            "_refuse_unmet_needs",
        ):
            plan = [part for leads, values in plan for part in getattr(leads, rule)(values)]
        return plan

    def _settle_before(self, vals):
        """Bring up to date what follows from the state before the save."""
        if vals.keys() & {"stage_id", "active", "probability"}:
            # a value that follows its offer, before the lead may be decided
            self._recompute_recordset(["expected_revenue"])
        self._settle_payments(vals)
        if vals.get("lost_reason_id"):
            self._drop_reason_follow_ups()

    def unlink(self):
        """A deleted lead leaves the pipeline; what it was before stays in the figures."""
        leads = self._without_what_a_job_must_keep()
        # sudo: nobody may write the history by hand
        history = self.env["crm.lead.history"].sudo()
        history._record_pending()
        keys = leads.ids
        res = super(CrmLead, leads).unlink()
        history._record_removal(keys)
        return res

    def _write_multi(self, vals_list):
        """The door through which every update reaches the database: writes and recomputations."""
        self._note_updates(vals_list)
        return super()._write_multi(vals_list)
