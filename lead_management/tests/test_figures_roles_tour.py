"""Who sees which figures in a real browser: every entry of the menus, one after the other."""

from datetime import timedelta

from odoo.fields import Command
from odoo.tests import tagged

from ..tools.periods import last_quarter_end
from .common import INVOICING, SALES_MANAGER
from .common_history import LeadHistoryCommon
from .test_lead_story_tour import LeadTourCommon

OWN_AMOUNT, COLLEAGUES_AMOUNT = 1111, 77777


@tagged("post_install", "-at_install")
class TestFiguresRolesTour(LeadTourCommon, LeadHistoryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.currency_id = cls.env.ref("base.USD")
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})

    def setUp(self):
        super().setUp()
        # the history begins before this quarter does, for which both are planned
        with self.at(last_quarter_end(self.today()) - timedelta(days=10)):
            self.foreign = self.create_dated("Colleague's Lead", COLLEAGUES_AMOUNT, 3)

    def create_dated(self, name, amount, hours, **values):
        values = {"user_id": self.salesperson_2.id, "date_deadline": self.today(), **values}
        lead = self.create_lead(
            name=name, stage="negotiation", expected_revenue=amount, type="opportunity", **values
        )
        self.record_hours(lead, self.employee_2, hours)
        return lead

    def create_decided(self):
        """A case for the calibration that no other figure shows."""
        with self.at(last_quarter_end(self.today()) - timedelta(days=9)):
            lead = self.create_lead(name="Decided", stage="opened", user_id=self.salesperson_2.id)
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self.commit()

    def create_user_of_b(self, login, *groups):
        user = self.create_user(login, "Only B", *groups)
        user.write(
            {"company_id": self.company_b.id, "company_ids": [Command.set(self.company_b.ids)]}
        )
        return user

    def test_tour_accountant(self):
        """All entries, all leads, and none of them opens."""
        self.create_decided()
        self.start_tour(
            "/odoo", "lead_management_figures_accountant", login=self.accountant.login, timeout=180
        )

    def test_tour_salesperson_sees_own_figures(self):
        with self.at(last_quarter_end(self.today()) - timedelta(days=9)):
            self.create_dated("Own Lead", OWN_AMOUNT, 2, user_id=self.salesperson.id)
        self.start_as_seller("/odoo", "lead_management_figures_salesperson", timeout=180)

    def test_tour_accountant_of_another_company(self):
        self.create_decided()
        user = self.create_user_of_b("tour_accountant_b", INVOICING)
        self.start_tour(
            "/odoo", "lead_management_figures_accountant_b", login=user.login, timeout=180
        )

    def test_tour_sales_administrator_of_another_company(self):
        self.create_decided()
        user = self.create_user_of_b("tour_manager_b", SALES_MANAGER)
        self.start_tour("/odoo", "lead_management_figures_manager_b", login=user.login, timeout=180)
