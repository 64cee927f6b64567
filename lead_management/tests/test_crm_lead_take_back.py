"""A handover is taken back: everything is as it was, or it is said what is in the way."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS, LeadManagementCommon
from .common_handover import TRACKINGS
from .common_history import LeadHistoryCommon
from .common_take_back import TakeBackCommon


@tagged("post_install", "-at_install")
class TestTakeBack(TakeBackCommon):
    def test_everything_is_as_it_was(self):
        sums = self.read_hours(self.lines)
        projects = self.count_active()
        offer = self.create_offer(self.lead)
        self.employees.write({"hourly_cost": 999})
        project = self.hand_over(confirm_order=True)
        self.assertHoursIn(self.lines, project)
        self.take_back()
        self.assertAsBefore()
        self.assertEqual(self.lead.probability, 85)
        self.assertEqual(self.read_hours(self.lines), sums)
        self.assertHoursIn(self.lines, self.lead_project)
        self.assertEqual(self.lines.task_id, self.ticket)
        self.assertEqual(self.lines.lead_id, self.lead)
        self.assertFalse(self.lines.so_line)
        self.assertFalse(any(self.lines.mapped("is_so_line_edited")))
        self.assertEqual(self.count_active(), projects)
        self.assertFalse(project.active or project.account_id.active)
        self.assertIn("(taken back)", project.name)
        self.assertEqual(offer.state, "draft")
        self.assertFalse(offer.project_id or offer.order_line.analytic_distribution)
        self.assertEqual(self.lead.partner_id, self.partner)
        self.assertTrue(self.partner.is_customer)

    def test_hours_are_what_hours_of_an_open_lead_are(self):
        names = [
            name
            for name, field in self.lines._fields.items()
            if field.store and name not in ("write_date", "write_uid")
        ]
        before = self.lines.read(names)
        self.hand_over()
        self.take_back()
        self.assertEqual(self.lines.read(names), before)

    def test_both_sides_are_told_and_nobody_else(self):
        offer = self.create_offer(self.lead)
        project = self.hand_over(confirm_order=True)
        records = (project, self.lead, offer)
        followers = [record.message_partner_ids for record in records]
        mails = self.env["mail.mail"].search([])
        self.take_back()
        self.assertIn("taken back", self.lead.message_ids[0].body)
        self.assertIn("5:30 hours", self.lead.message_ids[0].body)
        self.assertIn("taken back", "".join(project.message_ids.mapped("body")))
        self.assertFalse(self.env["mail.mail"].search([]) - mails)
        self.assertEqual([record.message_partner_ids for record in records], followers)
        self.assertFalse(self.lead.activity_ids)

    def test_orders_are_kept_confirmed(self):
        offer = self.create_offer(self.lead)
        project = self.hand_over(confirm_order=True)
        self.take_back(order_choice="keep")
        self.assertAsBefore()
        self.assertEqual(offer.state, "sale")
        self.assertFalse(offer.project_id or project.active)
        project = self.hand_over()
        self.assertEqual(offer.project_id, project)
        self.assertEqual(
            offer.order_line.analytic_distribution, project._get_analytic_distribution()
        )

    def test_other_offers_that_were_cancelled(self):
        main, sent = self.create_offer(self.lead), self.create_offer(self.lead)
        sent.action_quotation_sent()
        self.lead.main_order_id = main
        date = main.date_order
        self.hand_over(confirm_order=True, other_orders="cancel")
        self.assertEqual((main.state, sent.state), ("sale", "cancel"))
        self.take_back()
        self.assertEqual((main.state, sent.state), ("draft", "sent"))
        self.assertEqual(main.date_order, date)

    def test_order_that_was_confirmed_before_stays(self):
        offer = self.create_offer(self.lead, tracking="project_only")
        offer.with_user(self.salesperson).action_confirm()
        running = offer.order_line.project_id
        self.assertEqual(self.hand_over(), running)
        self.take_back()
        self.assertAsBefore()
        self.assertEqual((offer.state, offer.project_id), ("sale", running))
        self.assertTrue(running.active)
        self.assertEqual(running.sale_line_id, offer.order_line)
        self.assertHoursIn(self.lines, self.lead_project)

    def test_existing_project_is_left(self):
        own = self.env["project.task"].create({"name": "Own", "project_id": self.target.id})
        self.env["account.analytic.line"].create(
            {
                "name": "Own",
                "project_id": self.target.id,
                "task_id": own.id,
                "employee_id": self.timesheet_employee.id,
                "unit_amount": 1,
            }
        )
        name = self.target.name
        self.hand_over(project_id=self.target.id)
        self.assertEqual(self.target.partner_id, self.partner.browse())
        own.state = "1_done"
        self.take_back()
        self.assertAsBefore()
        self.assertTrue(self.target.active)
        self.assertEqual((self.target.name, self.target.task_ids), (name, own))
        self.assertHoursIn(self.lines, self.lead_project)

    def test_customer_that_an_existing_project_got(self):
        self.create_offer(self.lead)
        self.hand_over(project_id=self.target.id)
        self.assertEqual(self.target.partner_id, self.partner)
        self.take_back()
        self.assertFalse(self.target.partner_id)

    def test_project_from_a_template_goes_with_its_tasks(self):
        template = self.create_project(
            "Template",
            is_template=True,
            task_ids=[Command.create({"name": "Kick-off"})],
            **{self.department: self.departments[1].id},
        )
        project = self.hand_over(project_template_id=template.id)
        kick_off = project.task_ids.filtered(lambda task: task.name == "Kick-off")
        self.assertTrue(kick_off)
        self.take_back()
        self.assertFalse(project.active or kick_off.active)
        self.assertTrue(self.ticket.active and template.active)
        again = self.hand_over(project_template_id=template.id)
        self.assertEqual(len(again.task_ids), 2)

    def test_tickets_in_the_state_they_had(self):
        done = self.create_ticket(self.lead, state="1_done")
        part = self.create_ticket(self.lead, parent_id=self.ticket.id)
        stage = self.ticket.stage_id
        self.hand_over()
        self.assertEqual(done.project_id, self.lead.won_project_id)
        self.ticket.state = "03_approved"
        self.take_back()
        self.assertEqual((self.ticket | done | part).project_id, self.lead_project)
        self.assertEqual(done.state, "1_done")
        self.assertEqual(self.ticket.state, "01_in_progress")
        self.assertEqual(self.ticket.stage_id, stage)
        self.assertEqual(part.parent_id, self.ticket)

    def test_ticket_that_was_split(self):
        part = self.create_ticket(self.lead, parent_id=self.ticket.id)
        self.lines[0].timesheet_invoice_id = self.invoice
        sums = self.read_hours(self.lines)
        project = self.hand_over()
        copy = self.lines[1].task_id
        self.assertNotEqual(copy, self.ticket)
        self.assertEqual((self.ticket.state, part.parent_id), ("1_done", copy))
        self.take_back()
        self.assertEqual(self.lines.task_id, self.ticket)
        self.assertEqual(self.ticket.state, "01_in_progress")
        self.assertEqual(part.parent_id, self.ticket)
        self.assertFalse(copy.active)
        self.assertEqual(self.read_hours(self.lines), sums)
        self.assertEqual(self.lines.project_id, self.lead_project)
        self.assertFalse(project.active)

    def test_billable_hours_are_on_the_order_no_more(self):
        offer = self.create_offer(self.lead)
        self.hand_over(confirm_order=True, hours_billable=True)
        self.assertEqual(self.lines.so_line, offer.order_line)
        self.take_back()
        self.assertFalse(self.lines.so_line)
        self.assertFalse(offer.order_line.qty_delivered)

    def test_hours_that_were_put_on_another_task_of_the_project(self):
        project = self.hand_over()
        task = self.env["project.task"].create({"name": "Later", "project_id": project.id})
        self.lines[0].task_id = task
        task.unlink() if not task.timesheet_ids else None
        self.assertRefused("Later")
        self.lines[0].task_id = self.ticket
        task.unlink()
        self.take_back()
        self.assertEqual(self.lines.task_id, self.ticket)

    def test_lead_without_anything(self):
        lead = self.create_lead(stage="negotiation", partner_id=self.partner.id)
        project = self.hand_over(lead)
        self.take_back(lead)
        self.assertAsBefore(lead)
        self.assertEqual(lead.probability, 90)
        self.assertTrue(lead.is_automated_probability)
        self.assertFalse(project.active)

    def test_won_without_a_project(self):
        offer = self.create_offer(self.lead)
        self.hand_over(target="none", confirm_order=True)
        self.assertEqual((self.lead.project_state, offer.state), ("no_project", "sale"))
        self.take_back()
        self.assertAsBefore()
        self.assertEqual(offer.state, "draft")

    def test_rest_that_was_handed_over_later(self):
        project = self.hand_over()
        ticket = self.create_ticket(self.lead)
        later = self.record_hours(self.lead, hours=2, task_id=ticket.id)
        sums = self.read_hours(self.all_hours())
        self.hand_over()
        self.assertEqual(later.project_id, project)
        self.take_back()
        self.assertEqual((self.lines | later).project_id, self.lead_project)
        self.assertEqual(later.task_id, ticket)
        self.assertEqual(self.read_hours(self.all_hours()), sums)
        self.assertFalse(project.active)

    def test_again_and_again_nothing_doubles(self):
        sums = self.read_hours(self.lines)
        for tracking in TRACKINGS:
            with self.subTest(tracking=tracking), self.undone():
                offer = self.create_offer(self.lead, products=self.products[tracking])
                projects = self.count_active()
                # once it is kept, it is confirmed before the next handover
                for choice, state in (
                    ("quotation", "draft"),
                    ("quotation", "draft"),
                    ("keep", "sale"),
                    ("quotation", "sale"),
                    ("keep", "sale"),
                ):
                    project = self.hand_over(confirm_order=True)
                    self.env.invalidate_all()
                    self.assertEqual(offer.state, "sale")
                    self.assertEqual(offer.project_id, project)
                    self.assertLessEqual(offer.order_line.project_id, project)
                    tasks = self.env["project.task"].with_context(active_test=False)
                    tasks = tasks.search([("sale_line_id", "in", offer.order_line.ids)])
                    tasks -= self.ticket
                    self.assertLessEqual(len(tasks), 1)
                    if tracking == "task_in_project":
                        self.assertEqual(tasks, offer.order_line.task_id)
                        self.assertEqual((tasks.project_id, tasks.active), (project, True))
                    self.assertHoursIn(self.lines, project)
                    self.take_back(order_choice=choice)
                    self.assertAsBefore()
                    self.assertEqual(self.count_active(), projects)
                    self.assertEqual(offer.state, state)
                    self.assertHoursIn(self.lines, self.lead_project)
                    self.assertEqual(self.read_hours(self.lines), sums)

    def test_order_that_is_confirmed_by_itself_afterwards(self):
        offer = self.create_offer(self.lead, products=self.products["task_in_project"])
        archived = self.hand_over(confirm_order=True)
        self.take_back()
        offer.with_user(self.salesperson).action_confirm()
        project = offer.order_line.project_id
        self.assertTrue(project.active)
        self.assertNotEqual(project, archived)
        self.assertEqual(offer.order_line.task_id.project_id, project)
        self.assertTrue(offer.order_line.task_id.active)

    def test_sold_tasks_in_an_existing_project_are_left_as_core_leaves_them(self):
        offer = self.create_offer(self.lead, products=self.products["task_in_project"])
        self.hand_over(project_id=self.target.id, confirm_order=True)
        task = offer.order_line.task_id
        self.take_back()
        self.assertEqual((task.project_id, task.active), (self.target, True))
        self.assertEqual(offer.state, "draft")
        project = self.hand_over(confirm_order=True)
        self.assertEqual((offer.order_line.task_id, task.project_id), (task, project))

    def test_lead_that_its_signed_order_won(self):
        self.company.lead_won_by_order = True
        projects = self.count_active()
        offer = self.create_offer(self.lead, products=self.products["task_in_project"])
        offer.with_user(self.salesperson).action_confirm()
        project = self.lead.won_project_id
        self.assertTrue(project)
        self.hand_over()  # the hours, which stayed
        self.assertEqual(self.lines.project_id, project)
        with self.undone():
            self.take_back(order_choice="keep")
            self.assertAsBefore()
            self.assertEqual((offer.state, offer.project_id), ("sale", project))
            self.assertTrue(project.active)
        self.take_back()
        self.assertAsBefore()
        self.assertEqual(self.lead.probability, 85)
        self.assertEqual(offer.state, "draft")
        self.assertFalse(offer.project_id or project.active)
        self.assertEqual(self.count_active(), projects)
        self.assertHoursIn(self.lines, self.lead_project)

    def test_declined_lead_that_its_order_won(self):
        self.company.lead_won_by_order = True
        offer = self.create_offer(self.lead)
        self.lead.action_set_lost(lost_reason_id=self.reason.id)
        offer.action_confirm()
        self.hand_over()
        self.take_back()
        self.assertAsBefore()
        self.assertEqual(self.lead.probability, 90)

    def test_lead_that_was_reopened_and_kept_its_project(self):
        project = self.hand_over()
        self.lead.with_user(self.salesperson).stage_id = self.stages["opened"]
        self.take_back()
        self.assertEqual(self.lead.stage_id, self.stages["opened"])
        self.assertEqual(self.lead.project_state, "none")
        self.assertFalse(project.active)

    def test_queries_do_not_depend_on_the_number_of_hours(self):
        def measure(count):
            with self.undone():
                dates = [f"2026-04-{day:02}" for day in range(1, count + 1)]
                self.record_many_hours(self.lead, hours=1, dates=dates)
                self.hand_over()
                dialog = self.open_take_back().save()
                return self.count_queries(dialog.action_take_back)

        measure(1)  # fills what stays in memory
        self.assertEqual(measure(12), measure(24))

    def test_queries_of_handing_over_do_not_either(self):
        def measure(count):
            with self.undone():
                dates = [f"2026-04-{day:02}" for day in range(1, count + 1)]
                self.record_many_hours(self.lead, hours=1, dates=dates)
                dialog = self.open_won_dialog(self.lead, project_template_id=False)
                return self.count_queries(dialog.action_convert)

        for _round in range(2):
            measure(1)  # fills what stays in memory
        few = measure(12)
        self.assertLessEqual(measure(24), few)


@tagged("post_install", "-at_install")
class TestTakeBackAfterDays(LeadHistoryCommon, TakeBackCommon):
    def test_lead_that_was_dragged_to_won_first(self):
        """Then the history knows the phase."""
        with self.at(self.days_ago(2)):
            self.lead.write({"stage_id": self.stages["opened"].id, "probability": 33})
        with self.at(self.days_ago(1)):
            self.lead.stage_id = self.stages["won"]
        self.hand_over()
        self.take_back()
        self.assertEqual((self.lead.won_status, self.lead.project_state), ("pending", "none"))
        self.assertEqual((self.lead.stage_id, self.lead.probability), (self.stages["opened"], 33))

    def test_lead_that_was_won_a_second_time(self):
        """What it was before it was won last counts."""
        with self.at(self.days_ago(3)):
            self.hand_over()
        with self.at(self.days_ago(2)):
            self.lead.with_user(self.salesperson).write(
                {"stage_id": self.stages["opened"].id, "probability": 33}
            )
        with self.at(self.days_ago(1)):
            self.lead.with_user(self.salesperson).action_won()
        self.take_back()
        self.assertEqual((self.lead.stage_id, self.lead.probability), (self.stages["opened"], 33))

    def days_ago(self, days):
        return fields.Datetime.now() - timedelta(days=days)


@tagged("post_install", "-at_install")
class TestTakeBackOfSeveral(TakeBackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.create_lead(name="Second", stage="negotiation", partner_id=cls.partner.id)
        cls.second_lines = cls.record_hours(cls.second, cls.employee_2, 2)
        cls.env.flush_all()

    def test_two_that_were_won_together(self):
        offer = self.create_offer(self.second)
        sums = self.read_hours(self.all_hours())
        project = self.hand_over(self.lead | self.second, confirm_order=True)
        self.take_back()
        self.assertAsBefore()
        self.assertEqual(self.second.won_project_id, project)
        self.assertTrue(project.active)
        self.assertHoursIn(self.lines, self.lead_project)
        self.assertHoursIn(self.second_lines, project)
        self.assertEqual((offer.state, offer.project_id), ("sale", project))
        self.take_back(self.second)
        self.assertAsBefore(self.second)
        self.assertFalse(project.active)
        self.assertEqual(offer.state, "draft")
        self.assertEqual(self.read_hours(self.all_hours()), sums)

    def test_work_for_the_other_lead_is_not_in_the_way(self):
        project = self.hand_over(self.lead | self.second)
        self.record_hours(self.second, task_id=self.second_lines.task_id.id)
        task = self.env["project.task"].create({"name": "Later", "project_id": project.id})
        task.state = "1_done"
        self.take_back()
        self.assertAsBefore()
        self.assertTrue(task.active)
        self.assertIn("Hours were recorded", self.open_take_back(self.second).refusal_text)
        self.assertIn("Later", self.open_take_back(self.second).refusal_text)

    def test_second_lead_into_the_first_one_s_project(self):
        project = self.hand_over(self.lead)
        self.hand_over(self.second, project_id=project.id)
        self.take_back()
        self.assertTrue(project.active)
        self.assertHoursIn(self.second_lines, project)
        self.take_back(self.second)
        self.assertFalse(project.active)

    def test_merged_lead_keeps_what_it_came_from(self):
        project = self.hand_over(self.lead | self.second)
        merged = (self.lead | self.second).with_user(self.salesperson).merge_opportunity()
        self.take_back(merged)
        self.assertFalse(merged.sudo().won_project_id or project.active)
        self.assertHoursIn(self.lines | self.second_lines, self.lead_project)


@tagged("post_install", "-at_install")
class TestTakeBackIsForWhoHandsOver(LeadManagementCommon):
    @mute_logger(*ACCESS_LOGGERS)
    def test_colleague_without_the_lead(self):
        lead = self.create_lead(stage="negotiation", partner_id=self.create_partner().id)
        self.convert(lead, self.salesperson, project_template_id=False)
        with self.assertRaises(AccessError):
            lead.with_user(self.salesperson_2).action_take_back()
        dialogs = self.env["crm.lead.take.back"].with_user(self.salesperson_2)
        with self.assertRaises(AccessError):
            dialogs.web_save({"lead_id": lead.id}, {"refusal_text": {}})
        with self.assertRaises(AccessError):
            dialogs.onchange({"lead_id": lead.id}, ["lead_id"], {"refusal_text": {}})
        dialog = (
            self.env["crm.lead.take.back"].with_user(self.sales_all).create({"lead_id": lead.id})
        )
        with self.assertRaises(AccessError):
            dialog.with_user(self.salesperson_2).action_take_back()
        dialog.action_take_back()
        self.assertFalse(lead.won_project_id)

    def test_nothing_and_several_are_refused_in_words(self):
        leads = self.create_leads(2)
        for chosen in (leads, leads.browse()):
            with self.assertRaisesRegex(UserError, "one lead at a time"):
                chosen.with_user(self.salesperson).action_take_back()
        with self.assertRaisesRegex(UserError, "one lead at a time"):
            self.env["crm.lead.take.back"].action_take_back()
