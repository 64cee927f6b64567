"""Won: the offers follow into the project, and confirming them makes no second one."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import LeadManagementCommon

TRACKINGS = ("no", "task_global_project", "project_only", "task_in_project")


@tagged("post_install", "-at_install")
class TestWonOffers(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.create_partner()

    def _create_lead(self):
        return self.create_lead(stage="negotiation", partner_id=self.partner.id)

    def _count_projects(self):
        return self.env["project.project"].with_context(active_test=False).search_count([])

    def test_no_offer(self):
        lead = self._create_lead()
        wizard = self.open_won_dialog(lead, self.salesperson)
        self.assertFalse(wizard.main_order_id)
        self.assertFalse(wizard.has_other_orders)
        wizard.action_convert()
        self.assertTrue(lead.won_project_id)

    def test_only_offer_is_confirmed_for_every_service_tracking(self):
        for tracking in TRACKINGS:
            lead = self._create_lead()
            offer = self.create_offer(lead, tracking=tracking)
            projects = self._count_projects()
            project = self.convert(lead, self.salesperson)
            self.assertEqual(offer.state, "sale", tracking)
            self.assertEqual(offer.project_id, project, tracking)
            self.assertEqual(self._count_projects(), projects + 1, f"{tracking}: one project")
            self.assertEqual(len(project), 1)

    def test_one_project_for_all_service_trackings_together(self):
        template = self.create_project("Product template", is_template=True)
        products = self.create_product("no")
        for tracking in TRACKINGS[1:]:
            products |= self.create_product(tracking)
            if tracking != "task_global_project":
                products |= self.create_product(tracking, project_template_id=template.id)
        lead = self._create_lead()
        offer = self.create_offer(lead, products=products)
        projects = self._count_projects()
        project = self.convert(lead, self.salesperson)
        self.assertEqual(offer.state, "sale")
        self.assertEqual(self._count_projects(), projects + 1)
        lines = offer.order_line.filtered(
            lambda line: line.product_id.service_tracking in ("project_only", "task_in_project")
        )
        self.assertEqual(lines.project_id, project)

    def test_task_lines_make_their_task_in_the_project(self):
        lead = self._create_lead()
        offer = self.create_offer(lead, tracking="task_in_project")
        project = self.convert(lead, self.salesperson)
        task = offer.order_line.task_id
        self.assertEqual(len(task), 1)
        self.assertEqual(task.project_id, project)

    def test_unconfirmed_offer_confirmed_later_makes_no_second_project(self):
        for tracking in TRACKINGS:
            lead = self._create_lead()
            offer = self.create_offer(lead, tracking=tracking)
            project = self.convert(lead, self.salesperson, confirm_order=False)
            self.assertEqual((offer.state, offer.project_id), ("draft", project))
            projects = self._count_projects()
            offer.with_user(self.salesperson).action_confirm()
            self.assertEqual(self._count_projects(), projects, tracking)

    def test_offer_written_after_the_handover_uses_the_project(self):
        lead = self._create_lead()
        project = self.convert(lead, self.salesperson)
        projects = self._count_projects()
        for tracking in ("project_only", "task_in_project"):
            offer = self.create_offer(lead, tracking=tracking)
            offer.with_user(self.salesperson).action_confirm()
            self.assertEqual(offer.order_line.project_id, project)
        self.assertEqual(self._count_projects(), projects)

    def test_offer_without_lead_still_makes_its_own_project(self):
        offer = self.create_offer(
            self.env["crm.lead"], tracking="project_only", partner_id=self.partner.id
        )
        projects = self._count_projects()
        offer.action_confirm()
        self.assertEqual(self._count_projects(), projects + 1)

    def test_others_are_kept(self):
        lead = self._create_lead()
        main, other = (
            self.create_offer(lead, tracking="project_only"),
            self.create_offer(lead, tracking="project_only"),
        )
        lead.main_order_id = main
        wizard = self.open_won_dialog(lead, self.salesperson)
        self.assertTrue(wizard.has_other_orders)
        self.assertIn(other.name, wizard.other_orders_text)
        wizard.action_convert()
        self.assertEqual((main.state, other.state), ("sale", "draft"))
        projects = self._count_projects()
        other.with_user(self.salesperson).action_confirm()
        self.assertEqual(self._count_projects(), projects)
        self.assertEqual(other.order_line.project_id, lead.won_project_id)

    def test_others_are_cancelled(self):
        lead = self._create_lead()
        main, other, sent = (self.create_offer(lead) for _number in range(3))
        sent.state = "sent"
        lead.main_order_id = main
        self.convert(lead, self.salesperson, other_orders="cancel")
        self.assertEqual((main.state, other.state, sent.state), ("sale", "cancel", "cancel"))

    def test_main_offer_chosen_in_the_dialog(self):
        lead = self._create_lead()
        first, second = self.create_offer(lead), self.create_offer(lead)
        self.convert(
            lead,
            self.salesperson,
            main_order_id=second.id,
            confirm_order=True,
            other_orders="cancel",
        )
        self.assertEqual((first.state, second.state), ("cancel", "sale"))
        self.assertEqual(lead.main_order_id, second)

    def test_order_confirmed_before_stays_as_it_is(self):
        lead = self._create_lead()
        order = self.create_offer(lead)
        order.action_confirm()
        wizard = self.open_won_dialog(lead, self.salesperson)
        self.assertFalse(wizard.can_confirm_order)
        self.assertIn("confirmed already", wizard.order_text)
        wizard.action_convert()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.project_id, lead.won_project_id)

    def test_company_setting_proposes_not_to_confirm(self):
        self.company.lead_won_confirm_order = False
        lead = self._create_lead()
        offer = self.create_offer(lead)
        self.convert(lead, self.salesperson)
        self.assertEqual(offer.state, "draft")

    def test_no_project_confirms_the_offer_as_core_does(self):
        lead = self._create_lead()
        offer = self.create_offer(lead, tracking="project_only")
        self.convert(lead, self.salesperson, target="none")
        self.assertEqual(offer.state, "sale")
        self.assertEqual(lead.project_state, "no_project")

    def test_offer_that_lacks_a_mandatory_plan_is_not_confirmed(self):
        """As core's own button refuses it; without confirming it, the lead is won."""
        plan = self.env["account.analytic.plan"].create(
            {
                "name": "Department (test)",
                "default_applicability": "optional",
                "applicability_ids": [
                    Command.create({"business_domain": "sale_order", "applicability": "mandatory"})
                ],
            }
        )
        self.env["account.analytic.account"].create({"name": "Roofs", "plan_id": plan.id})
        lead = self._create_lead()
        offer = self.create_offer(lead, tracking="task_in_project")
        with self.assertRaisesRegex(UserError, "analytic distribution"), self.env.cr.savepoint():
            self.convert(lead, self.salesperson)
        self.assertEqual((offer.state, lead.won_status), ("draft", "pending"))
        self.convert(lead, self.salesperson, confirm_order=False)
        self.assertEqual((offer.state, lead.won_status), ("draft", "won"))

    def test_expired_offer_warns(self):
        lead = self._create_lead()
        offer = self.create_offer(lead, validity_date="2020-01-31")
        wizard = self.open_won_dialog(lead, self.salesperson)
        self.assertIn(offer.name, wizard.warning_text)
        wizard.confirm_order = False
        self.assertFalse(wizard.warning_text)
        wizard.confirm_order = True
        wizard.action_convert()
        self.assertEqual(offer.state, "sale")

    def test_offers_of_existing_project_that_is_not_billable(self):
        target = self.create_project(allow_billable=False)
        lead = self._create_lead()
        offer = self.create_offer(lead, tracking="task_in_project")
        with self.assertRaisesRegex(UserError, "not billable"):
            self.convert(lead, self.salesperson, target="existing", project_id=target.id)
        self.assertFalse(offer.project_id)
        self.assertFalse(target.allow_billable)

    def test_offer_that_runs_in_another_project_stays_there(self):
        elsewhere = self.create_project("Elsewhere", allow_billable=True)
        lead = self._create_lead()
        offer = self.create_offer(lead, project_id=elsewhere.id)
        self.convert(lead, self.salesperson)
        self.assertEqual(offer.project_id, elsewhere)

    def test_offers_never_go_on_the_lead_project(self):
        lead = self._create_lead()
        self.record_hours(lead)
        offer = self.create_offer(lead)
        self.assertFalse(offer.project_id)
        project = self.convert(lead, self.salesperson)
        self.assertEqual(offer.project_id, project)
        account = self.company.lead_project_id.account_id
        for line in offer.order_line:
            self.assertNotIn(str(account.id), line.analytic_distribution or {})

    def test_cancelled_offer_is_left_alone(self):
        lead = self._create_lead()
        offer = self.create_offer(lead)
        offer.action_cancel()
        self.convert(lead, self.salesperson, other_orders="cancel")
        self.assertEqual(offer.state, "cancel")
        self.assertFalse(offer.project_id)

    def test_several_products_give_one_sales_order_item_of_the_project(self):
        lead = self._create_lead()
        products = self.create_product("no") | self.create_product("task_in_project")
        offer = self.create_offer(lead, products=products)
        project = self.convert(lead, self.salesperson)
        self.assertIn(project.sale_line_id, offer.order_line)
        self.assertEqual(project.reinvoiced_sale_order_id, offer)

    def test_goods_only_offer(self):
        goods = self.env["product.product"].create(
            {"name": "Tub", "type": "consu", "list_price": 10, "taxes_id": [Command.clear()]}
        )
        lead = self._create_lead()
        offer = self.create_offer(lead, products=goods)
        project = self.convert(lead, self.salesperson)
        self.assertEqual((offer.state, offer.project_id), ("sale", project))
        self.assertFalse(project.sale_line_id)
