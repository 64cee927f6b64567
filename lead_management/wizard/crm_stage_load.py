from odoo import fields, models
from odoo.exceptions import UserError

from ..models.crm_stage import STANDARD_STAGES


class CrmStageLoad(models.TransientModel):
    _name = "crm.stage.load"
    _inherit = ["crm.lead.guard.mixin"]
    _description = "Load Stages"

    mode = fields.Selection(
        [
            ("standard", "Add the nine standard stages to a sales team"),
            ("defaults", "Fill in default probabilities for the existing stages"),
        ],
        default="standard",
        required=True,
        help="Existing stages and leads keep what they have.",
    )
    team_id = fields.Many2one(
        "crm.team", "Sales Team", help="Only leads of this team will see the new stages."
    )

    def action_load(self):
        """Load the nine stages for a team, or fill in defaults where a stage has none.

        :return: the list of stages
        :raises UserError: when no team is given, or it has stages of its own already
        :raises AccessError: when the user may not change stages
        """
        self._check_one()
        self.env["crm.stage"].check_access("create")
        if self.mode == "standard":
            self._load_standard_stages()
        else:
            self._fill_in_defaults()
        return self.env["ir.actions.act_window"]._for_xml_id("crm.crm_stage_action")

    def _load_standard_stages(self):
        if not self.team_id:
            raise UserError(self.env._("Choose the sales team that gets the stages."))
        if self.env["crm.stage"].search_count([("team_ids", "in", self.team_id.ids)], limit=1):
            raise UserError(
                self.env._("%(team)s has stages of its own already.", team=self.team_id.name)
            )
        self.env["crm.stage"]._create_standard_stages(self.team_id)

    def _fill_in_defaults(self):
        """Spread the standard probabilities over the stages, by their position in the order.

        A won stage is at 100. Leads keep their probability until somebody applies the new one.
        """
        stages = self.env["crm.stage"].search([])
        standard = [probability for _name, probability, *_rest in STANDARD_STAGES.values()][:-1]
        open_stages = stages.filtered(lambda stage: not stage.is_won)
        for index, stage in enumerate(open_stages):
            if not stage.uses_default_probability:
                position = round(index * (len(standard) - 1) / max(len(open_stages) - 1, 1))
                stage.write(
                    {
                        "uses_default_probability": True,
                        "default_probability": standard[position],
                    }
                )
        stages.filtered("is_won").write(
            {"uses_default_probability": True, "default_probability": 100}
        )
