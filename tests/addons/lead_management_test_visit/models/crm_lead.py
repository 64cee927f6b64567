from odoo import models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _extend_handover_plan(self, plan):
        """Plan the visits of the leads, and say what is worth a look."""
        super()._extend_handover_plan(plan)
        # sudo: visits of colleagues move too; who may convert is checked on the leads
        visits = self.env["lead.visit"].sudo().search([("lead_id", "in", self.ids)])
        plan.extras["visits"] = visits
        for visit in visits.filtered("cost"):
            plan.warnings.append(f"A visit cost {visit.cost}.")

    def _apply_handover_extension(self, plan, project):
        """Move the planned visits to the project."""
        facts = super()._apply_handover_extension(plan, project)
        visits = plan.extras["visits"]
        if project and visits:
            visits.write({"project_id": project.id})
            facts.append(f"{len(visits)} visit moved.")
        return facts
