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

    def _note_before_handover(self, plan):
        """Keep which visits move: they come back when the handover is taken back."""
        notes = super()._note_before_handover(plan)
        for lead, note in notes.items():
            note["visits"] = (
                plan.extras["visits"].filtered(lambda v, lead=lead: v.lead_id == lead).ids
            )
        return notes

    def _apply_take_back_extension(self, plan):
        """Visits that moved return to their lead."""
        facts = super()._apply_take_back_extension(plan)
        ids = [key for record in plan.records for key in record.before.get("visits", [])]
        # sudo: as when they moved
        visits = self.env["lead.visit"].sudo().browse(ids).exists()
        visits = visits.filtered(lambda visit: visit.project_id == plan.project)
        if visits:
            visits.write({"project_id": False})
            facts.append(f"{len(visits)} visit returned.")
        return facts
