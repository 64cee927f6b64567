"""Odoo 19's pitfalls around probability and hours: one test each, numbered as in ODOO19.md."""

import re

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common_conversion import ConversionCommon


@tagged("post_install", "-at_install")
class TestPitfallsProbability(ConversionCommon):
    def _score(self):
        self.env.flush_all()
        self.env["crm.lead"]._cron_update_automated_probabilities()
        self.env.invalidate_all()

    def test_pitfall_01_scoring_cron_leaves_stage_defaults_alone(self):
        """It updates in SQL; with nothing to predict core returns {} where a pair is unpacked."""
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
        lead = self.create_lead(stage="opened")
        self._score()
        self.assertProbability(lead, 50)
        free = self.env["crm.stage"].create({"name": "Predicted", "sequence": 45})
        history = self.create_leads(10, stage_id=free.id)
        history[:8].action_set_won()
        history[8:].action_set_lost(lost_reason_id=self.reason.id)
        predicted = self.create_lead(stage_id=free.id)
        self._score()
        self.assertGreater(predicted.probability, 0)
        self.assertProbability(lead, 50)
        self.assertEqual(self.env["crm.lead"]._pls_get_naive_bayes_probabilities()[0], {})

    def test_pitfall_02_stage_default_must_be_over_0_and_under_100(self):
        for probability in (0, 100, -1, 101):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.stages["opened"].default_probability = probability
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.stages["won"].default_probability = 90
        for name, stage in self.stages.items():
            self.assertEqual(self.create_lead(stage=name).won_status == "won", stage.is_won)
        lead = self.create_lead(stage="needs_analysis")
        lead.convert_opportunity(self.create_partner())
        self.assertEqual((lead.type, lead.won_status), ("opportunity", "pending"))

    def test_pitfall_03_won_without_the_dialog_leaves_the_project_pending(self):
        by_button, by_drag, by_rpc, by_stage = self.create_leads(4, stage="negotiation")
        by_button.with_user(self.salesperson).action_set_won_rainbowman()
        by_drag.with_user(self.salesperson).web_save(
            {"stage_id": self.stages["won"].id}, specification={}
        )
        by_rpc.with_user(self.salesperson).write({"stage_id": self.stages["won"].id})
        by_stage.stage_id = self.stages["opened"]
        self.stages["opened"].is_won = True
        created = self.create_lead(stage="won")
        imported = self.env["crm.lead"].load(
            ["name", "stage_id/.id"], [["Imported", str(self.stages["won"].id)]]
        )
        self.assertFalse(imported["messages"])
        self.env.flush_all()
        leads = by_button | by_drag | by_rpc | by_stage | created
        for lead in leads.browse([*leads.ids, *imported["ids"]]):
            self.assertEqual((lead.won_status, lead.project_state), ("won", "pending"))

    def test_pitfall_04_merging_keeps_the_hours_and_the_stages_probability(self):
        first, second = self.create_leads(2, stage="opened")
        second.stage_id = self.stages["negotiation"]
        lines = self.record_hours(first) | self.record_hours(second, self.employee_2)
        sums = self.read_hours(lines)
        merged = (first | second).with_user(self.salesperson).merge_opportunity()
        self.assertProbability(merged, merged.stage_id.default_probability)
        self.assertEqual(lines.exists(), lines)
        self.assertEqual((lines.lead_id, lines.task_id.lead_id), (merged, merged))
        self.assertEqual(self.read_hours(lines), sums)

    def test_pitfall_05_editing_other_fields_changes_no_probability_and_reopens_nothing(self):
        lead, manual, lost = self.create_leads(3, stage="opened")
        manual.probability = 42
        lost.action_set_lost(lost_reason_id=self.reason.id)
        for values in (
            {"tag_ids": [Command.link(self.tag.id)]},
            {"tag_ids": [Command.clear()]},
            {"country_id": self.env.ref("base.at").id, "phone": "+43 1 234567"},
            {"user_id": self.salesperson_2.id},
        ):
            (lead | manual | lost).write(values)
            self.env.flush_all()
            self.assertProbability(lead, 50)
            self.assertProbability(manual, 42, automatic=False)
            self.assertEqual((lost.won_status, lost.active, lost.probability), ("lost", False, 0))


@tagged("post_install", "-at_install")
class TestPitfallsHours(ConversionCommon):
    def _create_lead(self, **values):
        return self.create_lead(stage="negotiation", partner_id=self.partner.id, **values)

    def _create_billed_by_hour(self, lead):
        product = self.create_product(invoice_policy="delivery", service_type="timesheet")
        return self.create_offer(lead, products=product)

    def test_pitfall_06_task_and_every_account_follow_the_hours(self):
        lead = self._create_lead()
        lines = self.record_hours(lead) | self.record_hours(lead, self.employee_2)
        self.assertEqual(lines[self.department], self.departments[0])
        self.convert(lead, self.salesperson, target="existing", project_id=self.target.id)
        self.env.invalidate_all()
        self.assertHoursIn(lines, self.target)
        self.assertEqual(lines.account_id, self.target.account_id)
        self.assertEqual(lines[self.department], self.departments[1])

    def test_pitfall_07_moved_hours_keep_the_cost_of_their_day(self):
        for billable in (False, True):
            lead = self._create_lead()
            line, invoiced = self.record_hours(lead, hours=2), self.record_hours(lead)
            invoiced.timesheet_invoice_id = self.invoice
            whole = self.record_hours(lead, hours=3, task_id=self.create_ticket(lead).id)
            amounts = [line.amount, invoiced.amount, whole.amount]
            self.employee.hourly_cost += 400
            project = self.convert(lead, self.salesperson, hours_billable=billable)
            self.env.invalidate_all()
            self.assertEqual((line | whole).project_id, project)
            self.assertEqual([line.amount, invoiced.amount, whole.amount], amounts)

    def test_pitfall_08_presales_hours_do_not_count_as_delivered(self):
        lead = self._create_lead()
        offer = self._create_billed_by_hour(lead)
        line = self.record_hours(lead, hours=2)
        project = self.convert(lead, self.salesperson)
        self.assertEqual(project.sale_line_id, offer.order_line)
        line.task_id.sale_line_id = offer.order_line
        self.env.add_to_compute(line._fields["so_line"], line)
        self.env.flush_all()
        self.assertFalse(line.so_line)
        self.assertTrue(line.is_so_line_edited)
        self.assertEqual(offer.order_line.qty_delivered, 0)

    def test_pitfall_09_one_invoiced_line_does_not_stop_the_others(self):
        """Core refuses the whole batch when one line is invoiced by delivery."""
        lead = self._create_lead()
        order = self._create_billed_by_hour(self.env["crm.lead"])
        order.action_confirm()
        invoiced = self.record_hours(lead, so_line=order.order_line.id)
        others = self.record_hours(lead, hours=2) | self.record_hours(lead, self.employee_2, 3)
        invoiced.timesheet_invoice_id = self.invoice
        dialog = self.open_won_dialog(lead, self.salesperson)
        self.assertRegex(dialog.hours_text, "05:00.* move .*01:00.* stay .*invoiced")
        dialog.action_convert()
        self.env.invalidate_all()
        self.assertHoursIn(others, lead.project_id)
        self.assertEqual(
            (invoiced.project_id, invoiced.so_line), (self.lead_project, order.order_line)
        )

    def test_pitfall_10_a_target_that_cannot_take_the_hours_is_refused_in_words(self):
        lead = self._create_lead()
        line = self.record_hours(lead, self.employee_2)
        self.employee_2.active = False
        other = self.env["res.company"].create({"name": "Other Company"})
        archived, missing = self.create_project("Archived"), self.create_project("Missing")
        archived.account_id.active = False
        missing.account_id = False
        targets = {"active analytic account": archived, "not take timesheets": missing}
        targets["Other Company"] = self.create_project("Elsewhere", company_id=other.id)
        plan = self.departments.plan_id
        plan.applicability_ids = [
            Command.create({"business_domain": "timesheet", "applicability": "mandatory"})
        ]
        targets[plan.name] = self.create_project("Without department")
        for reason, project in targets.items():
            dialog = self.open_won_dialog(lead, target="existing", project_id=project.id)
            self.assertIn(reason, dialog.refusal_text or "", project.name)
            with self.assertRaisesRegex(UserError, re.escape(reason)), self.env.cr.savepoint():
                dialog.action_convert()
        self.assertIn(plan.name, self.open_won_dialog(lead).refusal_text)
        self.convert(lead, self.salesperson, target="existing", project_id=self.target.id)
        self.assertHoursIn(line, self.target)

    def test_pitfall_11_moved_hours_do_not_reach_the_customers_portal(self):
        self.portal_user.partner_id.parent_id = self.partner
        lead = self._create_lead()
        lead.message_subscribe(self.portal_user.partner_id.ids)
        line = self.record_hours(lead)
        project = self.convert(lead, self.salesperson)
        self.assertEqual(self.lead_project.privacy_visibility, "employees")
        self.assertEqual(project.privacy_visibility, "employees")
        lines = self.env["account.analytic.line"].with_user(self.portal_user)
        self.assertNotIn(line, lines.sudo().search(lines._timesheet_get_portal_domain()))

    def test_pitfall_12_timesheet_user_without_crm_opens_own_hours(self):
        line = self.record_hours(self._create_lead(), self.timesheet_employee)
        self.env.invalidate_all()
        own = line.with_user(self.timesheet_user)
        self.assertNotIn("lead_id", own.fields_get())
        self.assertEqual(own.read()[0]["unit_amount"], 1)
        self.assertEqual(own.task_id.display_name, "Bathroom Huber")
        views = own.get_views([(False, "form"), (False, "list"), (False, "search")])["views"]
        for view in views.values():
            self.assertNotIn('name="lead_id"', view["arch"])
