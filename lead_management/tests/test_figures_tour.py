"""The figures in a real browser: from a total to the lead behind it, and the charts."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import format_date

from .common import LeadManagementCommon
from .common_history import LeadHistoryCommon
from .test_lead_story_tour import LeadTourCommon

PIPELINE = "/odoo/lead-pipeline"
MOVEMENTS = "/odoo/lead-movements?view_type=graph"


class FiguresTourCommon(LeadTourCommon, LeadHistoryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.currency_id = cls.env.ref("base.USD")

    def setUp(self):
        super().setUp()
        today = self.today()
        quarter_start = today + relativedelta(months=-((today.month - 1) % 3), day=1)
        # the day before the day that the movements begin with
        self.before = quarter_start - timedelta(days=2)
        self.next_month = today + relativedelta(months=1)

    def create_old_lead(self, **values):
        with self.at(self.before):
            return self.create_lead(
                **{
                    "stage": "opened",
                    "type": "opportunity",
                    "date_deadline": self.next_month,
                    **values,
                }
            )

    def create_history(self):
        """A lead that came at 8,000 and is worth 10,000 in the phase Opened."""
        lead = self.create_old_lead(stage="new", expected_revenue=8000)
        lead.write({"expected_revenue": 10000, "stage_id": self.stages["opened"].id})
        self.commit()
        return lead

    def create_movements(self):
        """Opening 13,000, new 3,000, grown 2,000, declined 4,000, closing 14,000; half weighted."""
        grown = self.create_old_lead(expected_revenue=9000)
        declined = self.create_old_lead(expected_revenue=4000)
        grown.expected_revenue = 11000
        declined.action_set_lost(lost_reason_id=self.reason.id)
        self.create_lead(
            name="New Lead", stage="opened", expected_revenue=3000, date_deadline=self.next_month
        )
        self.commit()


@tagged("post_install", "-at_install")
class TestFiguresTour(FiguresTourCommon):
    def test_tour_from_a_total_to_the_lead_and_its_history(self):
        self.create_history()
        self.create_lead(name="Without Date", stage="new", expected_revenue=500)
        self.start_as_seller(PIPELINE, "lead_management_figures")

    def test_tour_history_of_a_new_lead(self):
        """Before it is saved there is a sentence, after it a list, after a change a chart."""
        self.start_as_seller("/odoo/lead-board/new", "lead_management_history_new")

    def test_tour_waterfall(self):
        self.create_movements()
        self.start_as_seller(MOVEMENTS, "lead_management_waterfall")

    def test_tour_waterfall_without_movements(self):
        self.start_as_seller(MOVEMENTS, "lead_management_waterfall_empty")

    def test_tour_companies_with_different_currencies(self):
        company = self.env["res.company"].create(
            {"name": "Swiss Branch", "currency_id": self.env.ref("base.CHF").id}
        )
        self.seller.company_ids = [Command.link(company.id)]
        self.create_history()
        self.start_as_seller(
            PIPELINE,
            "lead_management_figures_companies",
            cookies={"cids": f"{self.company.id}-{company.id}"},
        )


@tagged("post_install", "-at_install")
class TestFiguresSmallScreenTour(FiguresTourCommon):
    browser_size = "390x844"
    touch_enabled = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.seller.lang = "de_DE"

    def test_tour_waterfall_on_a_phone(self):
        self.create_movements()
        self.start_as_seller(MOVEMENTS, "lead_management_figures_small_screen")

    def test_tour_history_on_a_phone(self):
        lead = self.create_history()
        self.start_as_seller(f"/odoo/crm.lead/{lead.id}", "lead_management_history_small_screen")


@tagged("post_install", "-at_install")
class TestCurrencyNote(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_2 = cls.env["res.company"].create(
            {"name": "Branch", "currency_id": cls.company.currency_id.id}
        )
        cls.accountant.company_ids = [Command.link(cls.company_2.id)]

    def get_note(self, user, *companies):
        return (
            self.env["crm.lead.pipeline.report"]
            .with_user(user)
            .with_context(allowed_company_ids=[company.id for company in companies])
            .get_currency_note()
        )

    def test_nothing_is_said_where_nothing_is_converted(self):
        self.assertFalse(self.get_note(self.accountant, self.company))
        self.assertFalse(self.get_note(self.accountant, self.company, self.company_2))

    def test_currency_and_day_of_the_rates_are_said(self):
        self.company_2.currency_id = self.create_foreign_currency({"2020-01-01": 2})
        note = self.get_note(self.accountant, self.company, self.company_2)
        self.assertIn(f"Amounts in {self.company.currency_id.name}.", note)
        self.assertIn(format_date(self.env, fields.Date.today(), "en_US"), note)
        other_note = self.get_note(self.accountant, self.company_2, self.company)
        self.assertIn("Amounts in TST.", other_note)

    def test_only_readers_of_the_figures_are_told(self):
        for user in (self.portal_user, self.timesheet_user):
            with self.assertRaises(AccessError):
                self.get_note(user, self.company)


@tagged("post_install", "-at_install")
class TestOpenLead(LeadHistoryCommon):
    def test_a_row_of_the_history_opens_its_lead(self):
        lead = self.create_lead()
        self.commit()
        row = self.read_rows(lead).with_user(self.salesperson)
        self.assertEqual(row.action_open_lead()["res_id"], lead.id)
        row = self.read_rows(lead)
        lead.unlink()
        self.assertEqual(row.exists().action_open_lead()["tag"], "display_notification")

    def test_selected_rows_open_their_leads(self):
        leads = self.create_leads(2, expected_revenue=100)
        rows = self.env["crm.lead.pipeline.report"].with_user(self.salesperson)
        action = rows.search([("lead_id", "in", leads.ids)]).action_open_leads()
        self.assertEqual(self.env["crm.lead"].search(action["domain"]), leads)
        self.assertNotIn("path", action, "its address would open other leads")
