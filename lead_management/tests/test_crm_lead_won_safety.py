"""Won: what belongs to others stays as it is, and nobody learns or moves what is not theirs."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS, LeadManagementCommon


@tagged("post_install", "-at_install")
class TestWonSafety(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.create_partner()
        cls.reason = cls.env["crm.lost.reason"].create({"name": "Too expensive"})

    def _create_lead(self, **values):
        values = {"stage": "negotiation", "partner_id": self.partner.id, **values}
        return self.create_lead(**values)

    def _create_foreign_hours(self, project):
        return self.env["account.analytic.line"].create(
            {
                "name": "Own work",
                "project_id": project.id,
                "task_id": self.env["project.task"]
                .create({"name": "Own task", "project_id": project.id})
                .id,
                "employee_id": self.employee_2.id,
                "unit_amount": 8,
            }
        )

    def _open(self, lead):
        """The dialog as the browser shows it; saved when its button is pressed."""
        dialogs = self.env["crm.lead.won"].with_user(self.salesperson)
        form = Form(dialogs.with_context(default_lead_ids=lead.ids))
        form.target = "none"
        return form

    def test_what_changes_while_the_dialog_is_open_is_not_overruled_unseen(self):
        def service(lead, offer):
            lead.write({"request_type": "service", "active": False})

        changes = {
            "amount": lambda lead, offer: offer.order_line.write({"price_unit": 99999}),
            "cancelled": lambda lead, offer: offer._action_cancel(),
            "declined": lambda lead, offer: lead.action_set_lost(lost_reason_id=self.reason.id),
            "service": service,
        }
        for name, change in changes.items():
            lead = self._create_lead()
            offer = self.create_offer(lead)
            form = self._open(lead)
            self.env.flush_all()
            change(lead, offer)
            self.env.flush_all()
            self.env.invalidate_all()
            with self.subTest(name), self.assertRaisesRegex(UserError, "open it again"):
                form.save().action_convert()
            # opened again, it shows how things are
            self._open(lead).save().action_convert()
            self.assertEqual(lead.won_status, "won")

    def test_offer_confirmed_while_the_dialog_is_open_is_no_hindrance(self):
        lead = self._create_lead()
        offer = self.create_offer(lead)
        form = self._open(lead)
        offer.action_confirm()
        form.save().action_convert()
        self.assertEqual((lead.won_status, lead.main_order_id), ("won", offer))

    def test_lead_that_is_gone_is_told_as_it_is(self):
        lead = self._create_lead()
        dialog = self._open(lead).save()
        lead.user_id = self.salesperson_2
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaises(AccessError), mute_logger(*ACCESS_LOGGERS):
            dialog.action_convert()
        lead.unlink()
        with self.assertRaisesRegex(UserError, "deleted"):
            dialog.action_convert()

    def test_older_hours_of_an_existing_project_do_not_become_billable(self):
        project = self.create_project(allow_billable=True, partner_id=self.partner.id)
        hours = self._create_foreign_hours(project)
        lead = self._create_lead()
        product = self.create_product("no", invoice_policy="delivery", service_type="timesheet")
        offer = self.create_offer(lead, products=product)
        self.convert(lead, self.salesperson, target="existing", project_id=project.id)
        self.assertEqual(offer.state, "sale")
        self.assertEqual(offer.project_id, project)
        self.assertFalse(hours.so_line)
        self.assertEqual(hours.timesheet_invoice_type, "non_billable")
        self.assertEqual(offer.order_line.qty_delivered, 0)

    def test_billable_hours_go_on_the_offer_where_the_existing_project_has_none(self):
        project = self.create_project(allow_billable=True, partner_id=self.partner.id)
        lead = self._create_lead()
        line = self.record_hours(lead, hours=2)
        offer = self.create_offer(lead, tracking="no")
        self.convert(
            lead, self.salesperson, target="existing", project_id=project.id, hours_billable=True
        )
        self.assertEqual(line.so_line, offer.order_line)

    def test_private_project_is_no_template(self):
        secret = self.create_project("Secret", privacy_visibility="followers")
        lead = self._create_lead()
        with self.assertRaises(UserError):
            self.convert(lead, self.salesperson, project_template_id=secret.id)
        self.assertFalse(lead.won_project_id)

    def test_private_project_is_not_told(self):
        secret = self.create_project("Secret", privacy_visibility="followers")
        lead = self._create_lead()
        with self.assertRaises(AccessError) as refusal:
            self.open_won_dialog(lead, self.salesperson, target="existing", project_id=secret.id)
        self.assertNotIn("Secret", str(refusal.exception))

    def test_deleted_project_leaves_the_lead_pending(self):
        lead = self._create_lead()
        self.convert(lead, self.salesperson).unlink()
        self.assertEqual(lead.project_state, "pending")

    def test_declining_a_converted_lead_leaves_the_customers_project_alone(self):
        lead = self._create_lead()
        self.record_hours(lead)
        project = self.convert(lead, self.salesperson)
        lead.stage_id = self.stages["negotiation"]
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertEqual(set(project.task_ids.mapped("state")), {"01_in_progress"})

    def test_work_in_the_project_is_no_presales_time(self):
        lead = self._create_lead()
        ticket = self.record_hours(lead, hours=3).task_id
        project = self.convert(lead, self.salesperson)
        part = self.env["project.task"].create(
            {"name": "Installation", "project_id": project.id, "parent_id": ticket.id}
        )
        for task in ticket, part:
            self.env["account.analytic.line"].create(
                {
                    "name": "Installation",
                    "task_id": task.id,
                    "employee_id": self.employee.id,
                    "unit_amount": 25,
                }
            )
        self.assertEqual(lead.effective_hours, 3)

    def test_hours_without_task_move_too(self):
        lead = self._create_lead()
        line = self.record_hours(lead, hours=3)
        line.task_id = False
        self.assertEqual(line.lead_id, lead)
        project = self.convert(lead, self.salesperson)
        self.assertEqual(line.project_id, project)
        self.assertEqual(line.account_id, project.account_id)

    def test_leads_order_and_project_of_different_companies_are_refused(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.salesperson.company_ids |= company
        lead = self._create_lead(team_id=False)
        lead.company_id = False
        self.record_hours(lead)
        product = self.create_product()
        self.env["sale.order"].with_company(company).create(
            {
                "partner_id": self.partner.id,
                "company_id": company.id,
                "opportunity_id": lead.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
        )
        dialog = self.open_won_dialog(lead)
        self.assertIn("different companies", dialog.refusal_text)

    def test_winning_again_moves_what_came_since(self):
        lead = self._create_lead()
        project = self.convert(lead, self.salesperson)
        other = self._create_lead()
        line = self.record_hours(other)
        (lead + other).merge_opportunity()
        merged = (lead + other).exists()
        self.assertEqual(merged.won_project_id, project)
        action = merged.action_won()
        self.assertEqual(action["res_model"], "crm.lead.won")
        self.convert(merged)
        self.assertEqual(line.project_id, project)

    def test_the_update_stores_what_the_orm_would_compute(self):
        lead = self._create_lead()
        lines = self.record_many_hours(lead, dates=["2026-03-02", "2026-03-03"])
        self.create_offer(lead, tracking="task_in_project")
        self.convert(lead, self.salesperson)
        names = [
            name
            for name, field in lines._fields.items()
            if field.store and field.compute and name not in ("write_date",)
        ]
        stored = lines.read(names)
        for name in names:
            self.env.add_to_compute(lines._fields[name], lines)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(lines.read(names), stored)


@tagged("post_install", "-at_install")
class TestReopenEverywhere(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reason = cls.env["crm.lost.reason"].create({"name": "Too expensive"})

    def test_writing_active_reopens_like_the_button(self):
        lead = self.create_lead(stage="opened")
        lead.action_set_lost(lost_reason_id=self.reason.id)
        lead.write({"active": True})
        self.assertEqual(lead.won_status, "pending")
        self.assertEqual(lead.probability, 50)
        self.assertFalse(lead.lost_reason_id)
        self.assertFalse(lead.date_closed)

    def test_a_mail_starts_in_the_first_stage_as_a_lead(self):
        lead = self.env["crm.lead"].message_new(
            {"from": "maria@huber.example", "subject": "New bathroom", "to": "sales@x.example"},
            {"type": "opportunity", "team_id": self.team.id},
        )
        self.assertEqual(lead.stage_id, self.stages["new"])
        self.assertEqual(lead.type, "lead")

    def test_type_never_disagrees_with_the_stage(self):
        lead = self.create_lead(stage="new")
        lead.write({"stage_id": self.stages["new"].id, "type": "opportunity"})
        self.assertEqual(lead.type, "lead")

    def test_empty_probability_of_an_import_means_the_stages_default(self):
        lead = self.create_lead(stage="opened", probability=False)
        self.assertEqual(lead.probability, 50)
        self.assertEqual(self.create_lead(stage="opened", probability=0).probability, 0)
