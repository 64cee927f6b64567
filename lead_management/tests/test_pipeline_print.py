"""The printed quarterly pipeline: its figures, whose they are, and the PDF itself."""

import base64
import io
from datetime import date

import pypdf
from dateutil.relativedelta import relativedelta
from lxml import etree

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..report.crm_lead_pipeline_print import LIST_LIMIT
from ..tools.quarters import fiscal_quarter, quarters_from
from .common import LeadManagementCommon

REPORT = "lead_management.report_pipeline_quarterly"


class PipelinePrintCommon(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.day = cls.today()
        cls.quarter = quarters_from(cls.day, 13)

    @classmethod
    def create_pipeline(cls):
        """Leads in every column: overdue, this and later quarters, after, undated."""
        dates = [
            cls.day - relativedelta(days=1),
            cls.day,
            cls.quarter[1],
            cls.quarter[4] + relativedelta(months=3, days=-1),
            cls.quarter[5],
            False,
        ]
        return cls.env["crm.lead"].union(
            *(
                cls.create_lead(
                    name=f"Lead {number}",
                    stage="offer_made" if number % 2 else "opened",
                    expected_revenue=1000.01 * (number + 1),
                    date_deadline=day,
                )
                for number, day in enumerate(dates)
            )
        )

    def values(self, user=None, **data):
        """The report's values as this user prints it."""
        report = self.env[f"report.{REPORT}"].with_user(user or self.sales_all)
        return report._get_report_values([], data)

    def pipeline(self, user=None, **data):
        """The values of the only company."""
        (pipeline,) = self.values(user, **data)["pipelines"]
        return pipeline

    def print_pdf(self, user=None, **data):
        """The text of the PDF, a string per page."""
        report = self.env["ir.actions.report"].with_user(user or self.sales_all)
        report = report.with_context(force_report_rendering=True)
        with mute_logger("odoo.addons.base.models.ir_actions_report"):
            pdf, kind = report._render_qweb_pdf(REPORT, [], data=data)
        self.assertEqual(kind, "pdf")
        self.assertTrue(pdf.startswith(b"%PDF"))
        return [
            " ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages
        ]


@tagged("post_install", "-at_install")
class TestPipelinePrintFigures(PipelinePrintCommon):
    def test_each_date_has_its_column(self):
        self.create_pipeline()
        amounts = self.pipeline()["totals"]["amounts"]
        self.assertEqual(
            amounts,
            {
                "overdue": 1000.01,
                self.quarter[0]: 2000.02,
                self.quarter[1]: 3000.03,
                self.quarter[2]: 0,
                self.quarter[3]: 0,
                self.quarter[4]: 4000.04,
                "after": 5000.05,
                "undated": 6000.06,
                "total": 21000.21,
            },
        )

    def test_figures_are_those_of_the_pipeline_report(self):
        leads = self.create_pipeline()
        for lead in leads:
            self.env["crm.lead.payment"].create(
                [
                    {"lead_id": lead.id, "percentage": 33.3, "date": self.quarter[number]}
                    for number in (1, 2, 7)
                ]
            )
        report = self.env["crm.lead.pipeline.report"].with_user(self.sales_all)
        rows = report.search([("won_status", "=", "pending")])
        pipeline = self.pipeline()
        for kind, field in (("amounts", "amount"), ("weighted", "amount_weighted")):
            self.assertAlmostEqual(pipeline["totals"][kind]["total"], sum(rows.mapped(field)), 2)
            for timing in ("overdue", "undated"):
                found = rows.filtered(lambda row, timing=timing: row.timing == timing)
                self.assertAlmostEqual(
                    pipeline["totals"][kind][timing], sum(found.mapped(field)), 2
                )
            for stage, row in zip(rows.stage_id.sorted(), pipeline["stages"], strict=True):
                found = rows.filtered(lambda line, stage=stage: line.stage_id == stage)
                self.assertAlmostEqual(row[kind]["total"], sum(found.mapped(field)), 2)
        self.assertAlmostEqual(
            pipeline["totals"]["weighted"]["total"], sum(leads.mapped("prorated_revenue")), 2
        )

    def test_totals_add_up(self):
        self.create_pipeline()
        pipeline = self.pipeline()
        for kind in ("amounts", "weighted"):
            for row in (*pipeline["stages"], pipeline["totals"]):
                columns = [amount for key, amount in row[kind].items() if key != "total"]
                self.assertAlmostEqual(sum(columns), row[kind]["total"], 2)
            for key, amount in pipeline["totals"][kind].items():
                self.assertAlmostEqual(sum(row[kind][key] for row in pipeline["stages"]), amount, 2)
        self.assertEqual(pipeline["totals"]["count"], 6)
        for name in ("overdue", "undated"):
            for kind in ("amounts", "weighted"):
                amount = sum(row[kind] for row in pipeline[name]["rows"])
                self.assertAlmostEqual(amount, pipeline["totals"][kind][name], 2)
                self.assertEqual(pipeline[name][f"more_{kind}"], 0)

    def test_decided_and_archived_leads_are_left_out(self):
        leads = self.create_pipeline()
        leads[0].action_set_won()
        leads[1].action_set_lost(lost_reason_id=self.reason.id)
        leads[2].active = False
        self.assertEqual(self.pipeline()["totals"]["count"], 3)

    def test_number_of_quarters(self):
        self.create_pipeline()
        amounts = self.pipeline(quarters=12)["totals"]["amounts"]
        self.assertIn(self.quarter[12], amounts)
        self.assertEqual((amounts[self.quarter[5]], amounts["after"]), (5000.05, 0))
        for wrong in (0, 13, -1, "4; DROP", 2.5):
            with self.assertRaises(UserError):
                self.pipeline(quarters=wrong)

    def test_overdue_list_says_what_it_leaves_out(self):
        self.create_leads(300, expected_revenue=10, date_deadline=self.day - relativedelta(days=3))
        oldest = self.create_lead(
            name="Oldest", expected_revenue=7, date_deadline=self.day - relativedelta(days=9)
        )
        overdue = self.pipeline()["overdue"]
        self.assertEqual(len(overdue["rows"]), LIST_LIMIT)
        self.assertEqual(overdue["rows"][0]["lead_id"], oldest.id)
        self.assertEqual(overdue["count"], 301)
        self.assertEqual(overdue["more_count"], 301 - LIST_LIMIT)
        self.assertEqual(overdue["amounts"], 3007)
        self.assertEqual(overdue["more_amounts"], 10 * (301 - LIST_LIMIT))
        pages = self.print_pdf()
        self.assertIn(f"and {301 - LIST_LIMIT} more", " ".join(pages))

    def test_ten_biggest_leads_with_all_their_payments(self):
        leads = self.create_leads(12, expected_revenue=100, stage="opened")
        leads[7].expected_revenue = 900
        self.env["crm.lead.payment"].create(
            [
                {"lead_id": leads[7].id, "percentage": 50, "date": self.quarter[1]},
                {"lead_id": leads[7].id, "percentage": 20},
            ]
        )
        biggest = self.pipeline()["biggest"]["rows"]
        self.assertEqual(len(biggest), 10)
        self.assertEqual((biggest[0]["lead_id"], biggest[0]["amounts"]), (leads[7].id, 900))
        self.assertEqual(biggest[0]["weighted"], 450)
        self.assertEqual(biggest[0]["share"], "45.0 %")
        self.assertIn("undated", biggest[0]["dates"])

    def test_negative_rest_is_shown_and_explained(self):
        lead = self.create_lead(expected_revenue=100, date_deadline=self.quarter[2])
        self.env["crm.lead.payment"].create(
            {"lead_id": lead.id, "amount": 130, "date": self.quarter[1]}
        )
        pipeline = self.pipeline()
        self.assertEqual(pipeline["totals"]["amounts"][self.quarter[2]], -30)
        self.assertEqual(pipeline["totals"]["amounts"]["total"], 100)
        self.assertTrue(any("Negative" in note for note in pipeline["notes"]))

    def test_fiscal_quarters_are_those_of_the_report(self):
        self.create_leads(3)
        days = [date(2026, 1, 1) + relativedelta(days=step) for step in range(0, 1100, 5)]
        leads = self.create_leads(len(days))
        for lead, day in zip(leads, days, strict=True):
            lead.date_deadline = day
        for month, last_day in ((12, 31), (3, 31), (6, 30), (4, 5), (2, 28), (1, 15)):
            self.company.write(
                {"fiscalyear_last_month": str(month), "fiscalyear_last_day": last_day}
            )
            rows = self.env["crm.lead.pipeline.report"].search([("lead_id", "in", leads.ids)])
            self.assertEqual(
                rows.mapped("fiscal_quarter"),
                [fiscal_quarter(row.date, month, last_day) for row in rows],
            )

    def test_columns_say_the_fiscal_quarter_unless_it_is_the_calendars(self):
        self.create_pipeline()

        def labels():
            return [column["fiscal"] for table in self.pipeline()["tables"] for column in table]

        self.company.write({"fiscalyear_last_month": "12", "fiscalyear_last_day": 31})
        self.assertFalse(any(labels()))
        self.company.write({"fiscalyear_last_month": "3", "fiscalyear_last_day": 31})
        self.assertEqual(labels()[1], f"FY {fiscal_quarter(self.day, 3, 31)}")

    def test_queries_do_not_grow_with_the_leads(self):
        self.create_pipeline()
        self.create_pipeline()
        self.count_queries(self.values)  # fills the caches that last
        few = self.count_queries(self.values)
        for _number in range(4):
            self.create_pipeline()
        self.assertEqual(self.count_queries(self.values), few)


@tagged("post_install", "-at_install")
class TestPipelinePrintAccess(PipelinePrintCommon):
    def test_salesperson_prints_own_leads_and_the_title_says_so(self):
        self.create_pipeline()
        self.create_lead(name="Of another", user_id=self.salesperson_2.id, expected_revenue=5)
        self.create_lead(name="Of nobody", user_id=False, expected_revenue=7)
        pipeline = self.pipeline(self.salesperson_2)
        self.assertEqual(pipeline["totals"]["amounts"]["total"], 12)
        self.assertEqual(pipeline["scope"], "Leads that Samuel Sales may see")
        self.assertTrue(any("that Samuel Sales may see" in note for note in pipeline["notes"]))
        self.assertFalse(self.pipeline(self.sales_all)["scope"])

    def test_accountant_without_crm_prints_the_companys(self):
        self.create_pipeline()
        self.assertFalse(self.env["crm.lead"].with_user(self.accountant).has_access("read"))
        dialog = Form(self.env["crm.lead.pipeline.print"].with_user(self.accountant)).save()
        action = dialog.action_print()
        self.assertEqual(action["report_name"], REPORT)
        self.assertEqual(
            action["data"],
            {"company_ids": self.company.ids, "quarters": 4, "basis": "payment"},
        )
        pages = self.print_pdf(self.accountant, **action["data"])
        self.assertIn("Lead 5", " ".join(pages))
        self.assertIn("21,000.21", pages[0])
        self.assertFalse(self.pipeline(self.accountant)["scope"])

    def test_refused_without_rights(self):
        for user in (self.timesheet_user, self.project_manager, self.portal_user):
            with self.assertRaises(AccessError):
                self.values(user)
            with self.assertRaises(AccessError):
                self.env["crm.lead.pipeline.print"].with_user(user).create({})

    def test_other_company_is_refused(self):
        other = self.env["res.company"].create({"name": "Other"})
        for user in (self.salesperson, self.accountant, self.sales_manager):
            with self.assertRaises(AccessError):
                self.values(user, company_ids=other.ids)
            with self.assertRaises(AccessError):
                self.env[f"report.{REPORT}"].with_user(user)._get_report_values(other.ids)

    def test_number_of_quarters_in_the_dialog(self):
        for quarters in (0, 13):
            with self.assertRaisesRegex(ValidationError, "between 1 and 12"):
                self.env["crm.lead.pipeline.print"].create({"quarters": quarters})
        with self.assertRaisesRegex(UserError, "at least one company"):
            self.env["crm.lead.pipeline.print"].create({"company_ids": False}).action_print()

    def test_each_company_in_its_own_currency(self):
        currency = self.create_foreign_currency({"2020-01-01": 2})
        other = self.env["res.company"].create({"name": "Other", "currency_id": currency.id})
        self.sales_all.company_ids = [Command.link(other.id)]
        team = self.env["crm.team"].create({"name": "Team", "company_id": other.id})
        values = {"user_id": False, "date_deadline": False}
        self.create_lead(expected_revenue=100, company_id=self.company.id, **values)
        self.create_lead(
            expected_revenue=300, company_id=other.id, **{**values, "team_id": team.id}
        )
        self.create_lead(
            expected_revenue=5, company_id=False, **{**values, "team_id": False}
        ).company_id = False
        first, second = self.values(company_ids=(self.company + other).ids)["pipelines"]
        self.assertEqual(first["totals"]["amounts"]["total"], 105, "with that of no company")
        self.assertTrue(any(note.startswith("Included: 1 leads") for note in first["notes"]))
        self.assertEqual(second["totals"]["amounts"]["total"], 300, "not converted")
        self.assertEqual(second["currency"], currency)
        self.assertTrue(any(note.startswith("Not included: 1") for note in second["notes"]))
        pages = self.print_pdf(company_ids=(self.company + other).ids)
        self.assertEqual(sum("Quarterly Pipeline" in page for page in pages), 2)


@tagged("post_install", "-at_install")
class TestPipelinePrintPaper(PipelinePrintCommon):
    def test_numbers_and_dates_in_the_users_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.sales_all.lang = "de_DE"
        self.create_lead(expected_revenue=1234567.89, date_deadline=date(2020, 3, 9))
        text = " ".join(self.print_pdf())
        self.assertIn("1.234.567,89", text)
        self.assertIn("09.03.2020", text)
        self.assertIn(self.day.strftime("%d.%m.%Y"), text)
        self.assertNotIn("1,234,567.89", text)

    def test_empty_pipeline(self):
        (page,) = self.print_pdf()
        self.assertIn("There are no open leads.", page)
        self.assertIn(self.company.name, page)

    def test_html_in_a_title_is_text(self):
        title = "<b>Bold</b> & <script>alert(1)</script>"
        self.create_lead(name=title, expected_revenue=5)
        html = self.env["ir.actions.report"].with_user(self.sales_all)
        html = html._render_qweb_html(REPORT, [], data={})[0].decode()
        self.assertIn("&lt;b&gt;Bold&lt;/b&gt; &amp; &lt;script&gt;", html)
        self.assertNotIn("<b>Bold", html)
        self.assertIn(title, " ".join(self.print_pdf()))

    def test_long_titles_are_printed_to_the_end_below_headings(self):
        self.create_leads(40, name="A title that goes on, " * 40 + "end", expected_revenue=5)
        pages = self.print_pdf()
        text = " ".join(pages)
        ends = [f"{row['name'][-10:]} " for row in self.pipeline()["undated"]["rows"]]
        self.assertEqual([end for end in ends if end not in text], [])
        self.assertIn("Total 200.00", text)
        self.assertGreater(len(pages), 3)
        first, *others = [n for n, page in enumerate(pages) if "Undated Leads (40)" in page]
        (last,) = [n for n, page in enumerate(pages) if "and 10 more 50.00" in page]
        # only the patched wkhtmltopdf numbers pages and repeats headings
        is_patched = f"1 / {len(pages)}" in pages[0]
        self.assertEqual(others, [*range(first + 1, last + 1)] if is_patched else [])

    def test_many_quarters_and_long_amounts_take_several_tables(self):
        leads = self.create_pipeline()
        self.assertEqual(len(self.pipeline()["tables"]), 1)
        leads[1].expected_revenue = 12_345_678_901.23
        pipeline = self.pipeline(quarters=12)
        self.assertGreater(len(pipeline["tables"]), 2)
        keys = [column["key"] for table in pipeline["tables"] for column in table]
        self.assertEqual(keys, list(pipeline["totals"]["amounts"]))
        self.assertIn("12,345,678,901.23", " ".join(self.print_pdf(quarters=12)))

    def test_bars_of_the_chart_are_to_scale_and_hang_below_zero(self):
        lead = self.create_lead(expected_revenue=100, date_deadline=self.quarter[2])
        self.env["crm.lead.payment"].create(
            {"lead_id": lead.id, "amount": 130, "date": self.quarter[1]}
        )
        svg = etree.fromstring(base64.b64decode(self.pipeline()["chart"]))
        bars = [bar for bar in svg.iter("{*}rect") if bar.get("style")]
        (top, height), (negative_top, negative_height) = (
            (float(bar.get("y")), float(bar.get("height"))) for bar in bars[:2]
        )
        self.assertAlmostEqual(height / negative_height, 130 / 30, 3)
        self.assertAlmostEqual(negative_top + negative_height, top, 3, "up and down from zero")

    def test_leads_without_a_value(self):
        self.create_lead(expected_revenue=0)
        self.assertIn("Undated Leads (1)", " ".join(self.print_pdf()))

    def test_without_reachable_server_the_page_is_the_same(self):
        self.create_pipeline()
        self.env["ir.config_parameter"].set_param("report.url", "http://127.0.0.1:1")
        pages = self.print_pdf()
        self.assertEqual(len(pages), 2)
        self.assertIn("Undated Leads (1)", pages[1])
