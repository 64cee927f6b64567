"""Offers, orders and companies of a lead that is handed over to a project."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS
from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestHandoverOrders(HandoverCommon):
    def _create_lead(self, **values):
        return self.create_lead(**{"stage": "negotiation", "partner_id": self.partner.id, **values})

    def test_converting_confirms_no_offer_that_should_stay_open(self):
        """A draft line written on a project or a task confirms its quotation."""
        lead = self._create_lead()
        self.record_hours(lead)
        offers = self.create_offer(lead, tracking="task_in_project") | self.create_offer(lead)
        project = self.convert(lead, self.salesperson, confirm_order=False, hours_billable=True)
        self.env.flush_all()
        self.assertEqual(offers.mapped("state"), ["draft", "draft"])
        self.assertEqual(offers.project_id, project)
        self.assertFalse(project.sale_line_id | project.task_ids.sale_line_id)

    def test_offers_carry_no_account_of_the_lead_project(self):
        lead = self._create_lead()
        self.record_hours(lead)
        offer = self.create_offer(lead, tracking="project_only")
        presales = self.lead_project._get_analytic_accounts()
        self.assertEqual(len(presales), 2)
        self.assertFalse(offer.project_id)
        self.assertFalse(offer.order_line.distribution_analytic_account_ids & presales)
        self.convert(lead, self.salesperson)
        self.env.flush_all()
        self.assertFalse(offer.order_line.distribution_analytic_account_ids & presales)

    def test_project_keeps_or_gets_its_customer_and_order_line(self):
        """Not billable clears the customer; another customer clears the order line."""
        lead = self._create_lead()
        offer = self.create_offer(lead)
        internal = self.create_project("Internal", allow_billable=False)
        dialog = self.open_won_dialog(lead, target="existing", project_id=internal.id)
        self.assertIn("not billable", dialog.refusal_text)
        self.convert(lead, self.salesperson, target="existing", project_id=self.target.id)
        self.assertFalse(internal.allow_billable)
        self.assertEqual(self.target.partner_id, self.partner)
        self.assertEqual(offer.project_id, self.target)
        running = self.create_offer(self.env["crm.lead"], partner_id=self.create_partner("A").id)
        running.action_confirm()
        foreign = self.create_project(
            "Foreign",
            allow_billable=True,
            partner_id=running.partner_id.id,
            sale_line_id=running.order_line.id,
        )
        choices = {"target": "existing", "project_id": foreign.id, "accept_other_customer": True}
        second = self._create_lead()
        self.create_offer(second)
        self.convert(second, self.salesperson, **choices)
        self.assertEqual(foreign.partner_id, running.partner_id)
        self.assertEqual(foreign.sale_line_id, running.order_line)

    def test_confirming_creates_no_second_project(self):
        template = self.create_project("Product template", is_template=True)
        kinds = ("project_only", "task_in_project")
        products = self.create_product(kinds[0]) | self.create_product(kinds[1])
        products |= self.create_product(kinds[0], project_template_id=template.id)
        lead = self._create_lead()
        main, later = (
            self.create_offer(lead, products=products),
            self.create_offer(lead, products=products),
        )
        lead.main_order_id = main
        projects = self.count_projects()
        project = self.convert(lead, self.salesperson)
        later.with_user(self.salesperson).action_confirm()
        self.assertEqual(self.count_projects(), projects + 1)
        self.assertEqual((main | later).mapped("state"), ["sale", "sale"])
        self.assertEqual((main | later).order_line.project_id, project)

    def test_value_follows_the_order_in_any_currency(self):
        """Core's update skips other currencies, and leads without a company."""
        currency = self.create_foreign_currency({"2020-01-01": 2.0})
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        anywhere = self._create_lead(user_id=False, team_id=False, company_id=False)
        self.assertFalse(anywhere.company_id)
        for lead in (self._create_lead(), anywhere):
            offer = self.create_offer(lead, price=1000, pricelist_id=pricelist.id)
            lead.action_take_over_offer()
            self.env.flush_all()
            self.assertEqual(lead.expected_revenue, 500)
            offer.order_line.price_unit = 3000
            offer.action_confirm()
            self.env.flush_all()
            self.assertEqual(lead.expected_revenue, 1500)


@tagged("post_install", "-at_install")
class TestHandoverIntoALife(HandoverCommon):
    """A project that others work in keeps what it has; what was sold comes in addition."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.role = cls.env["project.role"].create({"name": "Fitter"})
        cls.sold = cls._create_sold("Bathroom", 5)

    @classmethod
    def _create_sold(cls, name, count, milestones=(), **values):
        """A service whose template has so many tasks, the first of them for a role."""
        template = cls.create_project(
            f"{name} template",
            is_template=True,
            allow_milestones=bool(milestones),
            task_ids=[
                Command.create({"name": f"{name} {index}", "role_ids": cls.role.ids * (index == 0)})
                for index in range(count)
            ],
        )
        for milestone, task in zip(milestones, template.task_ids, strict=False):
            task.milestone_id = cls.env["project.milestone"].create(
                {"name": milestone, "project_id": template.id}
            )
        return cls.create_product("project_only", project_template_id=template.id, **values)

    def _win(self, products, lead=None, **choices):
        """Win a lead with an offer of these products; returns dialog, offer, new tasks."""
        lead = lead or self.create_lead(stage="negotiation", partner_id=self.partner.id)
        offer = self.create_offer(lead, products=products)
        dialog = self.open_won_dialog(lead, self.salesperson, **choices)
        dialog.read()
        before = self.env["project.task"].search([])
        dialog.action_convert()
        self.env.flush_all()
        return dialog, offer, self.env["project.task"].search([]) - before

    def _create_milestones(self, project, count=3):
        project.allow_milestones = True
        return self.env["project.milestone"].create(
            [
                {"name": f"Internal {index}", "project_id": project.id, "is_reached": index < 2}
                for index in range(count)
            ]
        )

    def test_milestones_of_a_running_project_deliver_nothing_of_a_new_order(self):
        internal = self._create_milestones(self.target)
        kind = {"service_type": "milestones", "invoice_policy": "delivery"}
        products = self.create_product("project_only", **kind)
        products |= self.create_product("task_in_project", **kind)
        products |= self._create_sold("Kitchen", 3, ("Plan", "Built"), **kind)
        _dialog, offer, tasks = self._win(products, target="existing", project_id=self.target.id)
        self.assertFalse(internal.sale_line_id)
        self.assertEqual(offer.order_line.mapped("qty_delivered"), [0, 0, 0])
        self.assertNotIn("to invoice", offer.order_line.mapped("invoice_status"))
        own = self.target.milestone_ids - internal
        by_line = own.grouped("sale_line_id")
        lines = offer.order_line
        self.assertEqual([len(by_line[line]) for line in lines], [1, 1, 2])
        built = own.filtered(lambda milestone: milestone.name == "Built")
        self.assertEqual(tasks.milestone_id, own - by_line[lines[0]])
        self.assertEqual(tasks.milestone_id.project_id, self.target)
        built.is_reached = True
        self.assertEqual(lines.mapped("qty_delivered"), [0, 0, 0.5])

    def test_milestones_of_the_template_deliver_its_first_order_alone(self):
        kind = {"service_type": "milestones", "invoice_policy": "delivery"}
        product = self._create_sold("Kitchen", 2, ("Plan", "Built"), **kind)
        template = product.project_template_id
        _dialog, offer, _tasks = self._win(product, project_template_id=template.id)
        project = offer.opportunity_id.won_project_id
        self.assertEqual(project.milestone_ids.sale_line_id, offer.order_line)
        self.assertEqual(project.milestone_ids.mapped("quantity_percentage"), [0.5, 0.5])
        internal = self._create_milestones(project)
        second = self.create_offer(offer.opportunity_id, products=product)
        second.with_user(self.salesperson).action_confirm()
        self.assertFalse(internal.sale_line_id)
        self.assertEqual(second.order_line.qty_delivered, 0)
        self.assertEqual(len(project.milestone_ids), 7)

    def test_tasks_of_sold_products_come_once_and_are_counted(self):
        products = self.sold | self._create_sold("Kitchen", 3)
        for choices, own in (
            ({"target": "existing", "project_id": self.target.id}, 0),
            ({"target": "new", "project_template_id": False}, 0),
            ({"target": "new", "project_template_id": self.sold.project_template_id.id}, 5),
        ):
            dialog, offer, tasks = self._win(products, **choices)
            self.assertIn(f": {8 - own}.", dialog.tasks_text)
            self.assertEqual(
                "from template “Bathroom template”: 5." in dialog.tasks_text, bool(own)
            )
            self.assertEqual(len(tasks), 8)
            self.assertEqual(tasks.project_id, offer.opportunity_id.won_project_id)
            self.assertEqual(len(tasks.filtered("sold_with_line_id")), 8 - own)
            self.assertEqual(offer.order_line.project_id, tasks.project_id)

    def test_the_same_product_sold_again_brings_its_tasks_again(self):
        template = self.sold.project_template_id
        _dialog, offer, _tasks = self._win(self.sold, project_template_id=template.id)
        lead, project = offer.opportunity_id, offer.opportunity_id.won_project_id
        dialog, _other, tasks = self._win(self.sold, target="existing", project_id=project.id)
        self.assertIn(": 5.", dialog.tasks_text)
        self.assertEqual(len(tasks), 5)
        second = self.create_offer(lead, products=self.sold)
        second.with_user(self.salesperson).action_confirm()
        self.assertEqual(len(project.task_ids), 15)

    def test_roles_stay_on_the_tasks_until_they_are_given_out(self):
        kitchen = self._create_sold("Kitchen", 3)
        for choices in (
            {"target": "existing", "project_id": self.target.id},
            {"target": "new", "project_template_id": self.sold.project_template_id.id},
        ):
            dialog, _offer, tasks = self._win(kitchen, **choices)
            self.assertIn(
                "Roles stay on the tasks until you give them out: Fitter", dialog.tasks_text
            )
            waiting = tasks.filtered("role_ids")
            self.assertEqual(len(waiting), 1 + (choices["target"] == "new"))
            waiting.with_user(self.project_manager).role_ids = False
            self.assertFalse(waiting.role_ids)

    def test_a_template_of_another_company_is_named_before_the_button(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        foreign = self._create_sold("Foreign", 2)
        foreign.project_template_id.write({"company_id": other.id})
        dialog, _offer, tasks = self._win(foreign, target="existing", project_id=self.target.id)
        self.assertRegex(dialog.warning_text, "Foreign template.* do not come.*Other Company")
        self.assertFalse(tasks)


@tagged("post_install", "-at_install")
class TestHandoverCompanies(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create(
            {"name": "Other Company", "currency_id": cls.create_foreign_currency({}).id}
        )

    def test_projects_belong_to_the_leads_company(self):
        template = self.create_project("For all", is_template=True, company_id=False)
        here = self.create_lead(stage="negotiation")
        there = self.create_lead(
            stage="negotiation", user_id=False, team_id=False, company_id=self.other.id
        )
        for lead, company in ((here, self.company), (there, self.other)):
            project = self.convert(lead, project_template_id=template.id)
            self.assertEqual(project.company_id, company)
        projects = [
            company.sudo()._get_or_create_lead_project() for company in (self.company, self.other)
        ]
        self.assertNotEqual(*projects)
        self.assertEqual([project.company_id for project in projects], [self.company, self.other])

    def test_value_without_company_does_not_depend_on_who_looks(self):
        values = {"user_id": False, "team_id": False, "company_id": False, "stage": "opened"}
        lead = self.create_lead(**values, partner_id=self.create_partner().id)
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.other.currency_id.id,
                "name": "2020-01-01",
                "rate": 2,
                "company_id": self.company.id,
            }
        )
        self.create_offer(lead, price=1000)
        for company in (self.company, self.other):
            viewed = lead.with_company(company)
            viewed.write({"value_source": "manual", "expected_revenue": 1})
            viewed.action_take_over_offer()
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(viewed.expected_revenue, 1000, company.name)

    @mute_logger(*ACCESS_LOGGERS)
    def test_who_may_sell_needs_no_project_rights_and_no_defaults_leak(self):
        lead = self.create_lead(stage="negotiation", contact_name="Maria Huber")
        self.record_hours(lead, self.employee_2)
        self.create_offer(lead, tracking="task_in_project")
        self.assertFalse(
            self.env["project.project"].with_user(self.salesperson).has_access("create")
        )
        for user in (self.salesperson_2, self.timesheet_user, self.project_manager):
            dialogs = self.env["crm.lead.won"].with_user(user)
            with self.assertRaises(AccessError):
                dialogs.create({"lead_ids": [Command.set(lead.ids)]}).action_convert()
        dialog = self.open_won_dialog(lead, self.salesperson).with_context(
            default_name="leaked",
            default_user_id=self.salesperson_2.id,
            default_privacy_visibility="portal",
            default_company_id=self.other.id,
        )
        dialog.action_convert()
        project = lead.won_project_id
        self.assertEqual((project.name, project.user_id), (lead.name, self.salesperson))
        self.assertEqual(project.privacy_visibility, "employees")
        self.assertEqual(project.company_id, self.company)
