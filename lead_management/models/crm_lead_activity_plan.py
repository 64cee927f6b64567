"""Plans of phases and categories: the follow-ups that a lead gets by entering them."""

import logging

from odoo import fields, models

from ..tools.attempts import attempt
from ..tools.sent import sent_id

_logger = logging.getLogger(__name__)

# the fields whose value may have a plan
PLAN_SOURCES = ("stage_id", "category_id")
# nothing of the save that starts a plan is for the follow-ups
SAVING_KEYS = ("__action_feedback", "lead_needs", "lead_reason_follows")


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _find_entered_plans(self, vals):
        """Asked before a save: which of these leads will enter a phase or category with a plan.

        :param dict vals: as ``write`` takes them
        :return: list of pairs (``mail.activity.plan``, ``crm.lead``)
        """
        found = []
        for name in PLAN_SOURCES:
            # asked at every save
            if not vals.get(name):
                continue
            source = self.env[self._fields[name].comodel_name].browse(sent_id(vals[name]) or [])
            # sudo: whoever moves the lead, the plan is the manager's choice
            plan = source.sudo().activity_plan_id
            leads = plan and self.filtered(lambda lead, n=name, s=source: lead[n] != s)
            if leads:
                found.append((plan, leads))
        return found

    def _find_plans_of_new(self):
        """The plans of the phases and categories that these new leads are in, as above."""
        found = []
        for name in PLAN_SOURCES:
            for source, leads in self.grouped(name).items():
                # sudo: as above
                if plan := source.sudo().activity_plan_id:
                    found.append((plan, leads))
        return found

    def _start_plans(self, found, given=None):
        """Effect of a save: plan the follow-ups for the leads' owners, unless some of the same
        plan are open. Closed leads get none. The owner gets no mail.

        A step that cannot be planned does not keep the others, nor undo the save.

        :param found: list of pairs (``mail.activity.plan``, ``crm.lead``)
        :param dict given: steps that somebody has planned in the same save, in lower case, by the
            id of the lead: they are not planned again
        """
        if not found or self.env.context.get("mail_activity_automation_skip"):
            return
        context = {
            key: value
            for key, value in self.env.context.items()
            if key not in SAVING_KEYS and not key.startswith("default_")
        }
        # pylint: disable=context-overridden
        # sudo: a customer's form or a colleague without rights on follow-ups may be the cause
        model = self.sudo().with_context(context, mail_activity_quick_update=True)
        wanted = {
            (lead.with_env(model.env), plan.with_env(model.env)): None
            for plan, leads in found
            for lead in leads
            if lead._may_start(plan)
        }
        leads = model.union(*(lead for lead, _plan in wanted))
        started = leads._find_open_plans()
        values, problems = [], {}
        for lead, plan in wanted:
            if (lead.id, plan.id) not in started:
                planned = lead._prepare_plan_activities(plan, problems)
                values += lead._drop_given_steps(planned, given)
        model._create_planned(values)
        if problems:
            leads._tell_unplanned(problems)

    def _may_start(self, plan):
        """Whether the plan is for a lead like this: an open or won one, of its company."""
        # sudo: the company need not be the user's
        lead = self.sudo()
        companies = plan.company_id | lead.company_id
        return (
            plan.active
            and lead.active
            and lead.won_status != "lost"
            and (not plan.company_id or not lead.company_id or len(companies) == 1)
        )

    def _find_open_plans(self):
        """The plans of which these leads have open follow-ups.

        :return: set of pairs (id of the lead, id of the plan)
        """
        domain = [
            ("res_model", "=", self._name),
            ("res_id", "in", self.ids),
            ("active", "=", True),
            ("lead_plan_id", "!=", False),
        ]
        activities = self.env["mail.activity"].search_fetch(domain, ["res_id", "lead_plan_id"])
        return {(activity.res_id, activity.lead_plan_id.id) for activity in activities}

    def _drop_given_steps(self, values, given):
        """The values of follow-ups without the step that somebody has planned already.

        :param list values: dicts of values of ``mail.activity``
        :param dict given: as ``_start_plans`` takes it
        """
        step = (given or {}).get(self.id)
        if not step:
            return values
        kinds = self.env["mail.activity.type"]

        def get_step(vals):
            name = vals["summary"] or kinds.browse(vals["activity_type_id"]).name
            return (name or "").strip().lower()

        return [vals for vals in values if get_step(vals) != step]

    def _prepare_plan_activities(self, plan, problems):
        """Values of the follow-ups that a plan has for this lead.

        :param dict problems: gets, by lead, what cannot be planned as nobody is responsible
        :return: list of dicts of values of ``mail.activity``
        """
        owner = self._get_follow_up_owner()
        values = []
        for template in plan.template_ids:
            step = template.summary or template.activity_type_id.name
            user = template._determine_responsible(owner, self)["responsible"]
            if not user or not user.active:
                problems.setdefault(self, []).append(step)
                continue
            values.append(
                {
                    "activity_type_id": template.activity_type_id.id,
                    "summary": template.summary,
                    "note": template.note,
                    "date_deadline": template._get_date_deadline(fields.Date.context_today(self)),
                    "user_id": user.id,
                    "automated": True,
                    "lead_plan_id": plan.id,
                    "res_model_id": self.env["ir.model"]._get_id(self._name),
                    "res_id": self.id,
                }
            )
        return values

    def _create_planned(self, values):
        """Create follow-ups in one batch; where that is refused, one by one, without those that
        are."""
        message = "Leads %s: follow-ups of plans %s cannot be planned"

        def try_to_create(some):
            ids = [[vals[name] for vals in some] for name in ("res_id", "lead_plan_id")]
            activities = self.env["mail.activity"]
            return attempt(self, lambda: activities.create(some), _logger, message, *ids)

        if values and not try_to_create(values) and len(values) > 1:
            for vals in values:
                try_to_create([vals])

    def _tell_unplanned(self, problems):
        """Note in the leads which steps of a plan nobody was found for.

        :param dict problems: lists of steps by lead
        """
        _logger.info("Leads %s: steps of plans without a responsible", [x.id for x in problems])
        self.browse(lead.id for lead in problems)._message_log_batch(
            bodies={
                lead.id: self.env._(
                    "Not planned, as nobody is responsible: %(steps)s", steps=", ".join(steps)
                )
                for lead, steps in problems.items()
            }
        )
