from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmLeadTakeBack(models.TransientModel):
    """The dialog behind "Take Back": says what is undone, or why it cannot be."""

    _name = "crm.lead.take.back"
    _inherit = ["crm.lead.guard.mixin"]
    _description = "Take Back a Handover"

    lead_id = fields.Many2one("crm.lead", required=True, context={"active_test": False})
    order_choice = fields.Selection(
        [
            ("quotation", "Make them quotations again"),
            ("keep", "Keep them as they are"),
        ],
        "Orders",
        default="quotation",
        required=True,
    )
    has_orders = fields.Boolean(compute="_compute_plan")
    hours_text = fields.Char(compute="_compute_plan")
    order_text = fields.Char(compute="_compute_plan")
    project_text = fields.Char(compute="_compute_plan")
    state_text = fields.Char(compute="_compute_plan")
    refusal_text = fields.Text(
        compute="_compute_plan",
        help="What is in the way, one line per reason; empty when the handover can be taken back.",
    )

    def _get_lead(self):
        """The lead, in the user's rights, also where a field is computed in sudo mode.

        :raises AccessError: when the user may not read it
        """
        lead = self.lead_id._origin.sudo(False)
        lead.check_access("read")
        return lead

    @api.depends("lead_id", "order_choice")
    def _compute_plan(self):
        """What will happen, in plain words; nothing is changed here."""
        for wizard in self:
            lead = wizard._get_lead()
            if not lead:
                wizard.has_orders = False
                wizard.hours_text = wizard.order_text = wizard.project_text = False
                wizard.state_text = wizard.refusal_text = False
                continue
            plan = lead._plan_take_back(wizard.order_choice == "keep")
            wizard.has_orders = bool(plan.orders or lead._get_offers())
            wizard.hours_text = wizard._get_hours_text(plan)
            wizard.order_text = wizard._get_order_text(plan)
            wizard.project_text = wizard._get_project_text(plan)
            wizard.state_text = wizard._get_state_text(plan)
            wizard.refusal_text = "\n".join(plan.refusals) or False

    def _get_hours_text(self, plan):
        if not plan.hours:
            return self.env._("No recorded time was moved.")
        return self.env._(
            "%(hours)s return to the lead. Their cost stays as it was recorded.",
            hours=plan.hours._get_time_text(),
        )

    def _get_order_text(self, plan):
        if not plan.orders:
            return self.env._("The handover changed no offer.")
        if plan.orders_to_reset:
            names = ", ".join(plan.orders_to_reset.mapped("name"))
            return self.env._("These offers become quotations again: %(names)s", names=names)
        return self.env._("The offers stay as they are.")

    def _get_project_text(self, plan):
        if not plan.project:
            return self.env._("There is no project.")
        if plan.archives_project:
            return self.env._("Project “%(project)s” is archived.", project=plan.project.name)
        return self.env._("Project “%(project)s” stays.", project=plan.project.name)

    def _get_state_text(self, plan):
        stage = self.env["crm.stage"].browse(plan.state.get("stage_id") or [])
        if not stage:
            return self.env._("The lead stays in its phase.")
        return self.env._("The lead goes back to phase “%(stage)s”.", stage=stage.name)

    def action_take_back(self):
        """Undo the handover, in one transaction.

        :return: the lead's action
        :raises UserError: when something is in the way, or somebody else works on the lead
        :raises AccessError: when the user may not change the lead
        """
        if len(self) != 1 or not self.lead_id:
            raise UserError(self.env._("Take back one lead at a time."))
        lead = self.lead_id
        lead._take_back(keep_orders=self.order_choice == "keep")
        return {
            "type": "ir.actions.act_window",
            "name": lead.display_name,
            "res_model": lead._name,
            "res_id": lead.id,
            "views": [(False, "form")],
        }
