"""What the tests of taking back a handover share: a lead with hours, and the dialog."""

from odoo.exceptions import UserError
from odoo.tests import Form

from .common_handover import HandoverCommon


class TakeBackCommon(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.create_lead(stage="negotiation", partner_id=cls.partner.id)
        cls.lead.probability = 85
        cls.lines = cls.record_many_hours(cls.lead, hours=1.25, dates=["2026-03-02", "2026-03-03"])
        cls.lines |= cls.record_hours(cls.lead, cls.employee_2, 3)
        cls.ticket = cls.lines.task_id
        cls.env.flush_all()

    def open_take_back(self, lead=None, user=None):
        """The dialog as the button opens it, in the browser."""
        lead = (lead or self.lead).with_user(user or self.salesperson)
        action = lead.action_take_back()
        dialogs = lead.env[action["res_model"]].with_context(**action["context"])
        return Form(dialogs)

    def take_back(self, lead=None, user=None, **values):
        form = self.open_take_back(lead, user)
        for name, value in values.items():
            setattr(form, name, value)
        self.assertFalse(form.refusal_text)
        form.save().action_take_back()
        self.env.flush_all()
        self.env.invalidate_all()

    def hand_over(self, leads=None, **values):
        values = {"project_template_id": False, "hours_billable": False, **values}
        return self.convert(leads or self.lead, self.salesperson, **values)

    def count_active(self):
        return self.env["project.project"].search_count([])

    def assertAsBefore(self, lead=None):
        lead = lead or self.lead
        self.assertEqual((lead.won_status, lead.project_state), ("pending", "none"))
        self.assertFalse(lead.won_project_id)
        self.assertEqual(lead.stage_id, self.stages["negotiation"])
        self.assertEqual(lead.type, "opportunity")
        self.assertFalse(lead.date_closed)

    def assertRefused(self, *words, lead=None, **values):
        """The dialog says why, and nothing happens when it is done all the same."""
        form = self.open_take_back(lead)
        for name, value in values.items():
            setattr(form, name, value)
        for word in words:
            self.assertIn(word, form.refusal_text)
        self.assertEqual(len(form.refusal_text.split("\n")), 1)
        dialog = form.save()
        project = self.lead.won_project_id
        with self.assertRaisesRegex(UserError, words[0]), self.env.cr.savepoint():
            dialog.action_take_back()
        self.env.invalidate_all()
        self.assertEqual(self.lead.won_project_id, project)
        self.assertTrue(project.active)
