"""The sales manager's dashboard: what it names exists, who sees it, and what it shows."""

import json
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import file_open

from .common import INVOICING, LeadManagementCommon

SHEET = "lead_management/data/files/leads_dashboard.json"
URL = "/odoo/lead-dashboard"
LINK = "odoo://view/"

# Waits until all cells are calculated; then every cell must be free of errors, every chart
# must be drawable, and the cells of the sheet "Data" must show what was expected.
READ_SHEET = """
(async () => {
    const expected = %s;
    const getModel = () =>
        odoo.__WOWL_DEBUG__.root.env.services.spreadsheet_dashboard_loader?.getActiveDashboard()
            ?.model;
    const getErrors = ({ getters }) =>
        getters.getSheetIds().flatMap((sheetId) =>
            getters
                .getEvaluatedCells(sheetId)
                .filter((cell) => cell.type === "error")
                .map((cell) => `${cell.value} ${cell.message || ""}`)
        );
    const getFigures = () => document.querySelectorAll(".o-figure canvas").length;
    let errors = ["not loaded"];
    for (let tries = 0; tries < 300 && (errors.length || getFigures() < 11); tries++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        errors = getModel() ? getErrors(getModel()) : errors;
    }
    if (errors.length) {
        throw new Error(`Errors on the sheet: ${errors.join("; ")}`);
    }
    if (getFigures() !== 11) {
        throw new Error(`${getFigures()} of 11 figures were drawn`);
    }
    const getters = getModel().getters;
    for (const [xc, value] of Object.entries(expected)) {
        const { col, row } = { col: xc.charCodeAt(0) - 65, row: Number(xc.slice(1)) - 1 };
        const shown = getters.getEvaluatedCell({ sheetId: "data", col, row }).formattedValue;
        if (shown !== value) {
            throw new Error(`${xc} shows ${shown} instead of ${value}`);
        }
    }
    console.log("test successful");
})().catch((error) => console.error(error.message));
"""


class DashboardCommon(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with file_open(SHEET) as sheet:
            cls.sheet = json.load(sheet)
        cls.dashboard = cls.env.ref("lead_management.spreadsheet_dashboard_leads")
        cls.today = fields.Date.context_today(cls.env.user)

    @classmethod
    def plan_follow_up(cls, lead, days):
        """A follow-up, that many days from today."""
        lead.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=cls.today + timedelta(days=days),
            user_id=cls.salesperson.id,
        )


class DashboardBrowser(HttpCase):
    def open_as_manager(self, **expected):
        """Read cells of the dashboard as the sales manager: the texts by cell."""
        self.browser_js(
            URL,
            READ_SHEET % json.dumps(expected),
            ready="odoo.isReady",
            login=self.sales_manager.login,
            timeout=120,
        )


@tagged("post_install", "-at_install")
class TestDashboardSheet(DashboardCommon):
    def get_sources(self):
        """(model, domain, context, fields to group by, aggregates) of all figures."""
        for pivot in self.sheet["pivots"].values():
            dimensions = [
                ":".join(filter(None, (group["fieldName"], group.get("granularity"))))
                for group in pivot["rows"] + pivot["columns"]
            ]
            measures = [
                measure["fieldName"]
                + (f":{measure['aggregator']}" if "aggregator" in measure else "")
                for measure in pivot["measures"]
            ]
            yield pivot["model"], pivot["domain"], pivot["context"], dimensions, measures
        for chart in self.get_charts():
            search = chart["searchParams"]
            measure = f"{chart['metaData']['measure']}:sum"
            model = chart["metaData"]["resModel"]
            yield model, search["domain"], search["context"], search["groupBy"], [measure]

    def get_charts(self):
        figures = (figure for sheet in self.sheet["sheets"] for figure in sheet["figures"])
        return [figure["data"] for figure in figures if figure["data"]["type"].startswith("odoo_")]

    def get_count(self, name):
        """What the pivot of this name counts, for the sales manager."""
        (pivot,) = (p for p in self.sheet["pivots"].values() if p["name"] == name)
        model = self.env[pivot["model"]].with_user(self.sales_manager)
        return model.with_context(**pivot["context"]).search_count(pivot["domain"])

    def assertCounts(self, expected):
        self.assertEqual({name: self.get_count(name) for name in expected}, expected)

    def test_core_finds_nothing_wrong(self):
        """Core's check of models, fields and menus, which it makes when tests are enabled."""
        self.dashboard._check_spreadsheet_data()
        self.assertEqual(json.loads(self.dashboard.spreadsheet_data), self.sheet)

    def test_figures_can_be_read_by_the_manager(self):
        self.create_leads(2, expected_revenue=100)
        sources = list(self.get_sources())
        self.assertEqual(len(sources), 10)
        for model, domain, context, groups, measures in sources:
            with self.subTest(model=model, domain=domain):
                records = self.env[model].with_user(self.sales_manager).with_context(**context)
                rows = records.formatted_read_group(domain, groups, measures)
                self.assertTrue(all(name in row for row in rows for name in measures))

    def test_lists_can_be_read_by_the_manager(self):
        self.plan_follow_up(self.create_lead(expected_revenue=100), days=1)
        for definition in self.sheet["lists"].values():
            order = ", ".join(
                f"{by['name']} {'asc' if by['asc'] else 'desc'}" for by in definition["orderBy"]
            )
            records = self.env[definition["model"]].with_user(self.sales_manager)
            found = records.search_read(
                definition["domain"], definition["columns"], order=order, limit=10
            )
            self.assertTrue(found, definition["name"])
            self.assertTrue(self.env.ref(definition["actionXmlId"]))

    def test_filters_apply_to_all_figures(self):
        filters = {item["id"]: item["modelName"] for item in self.sheet["globalFilters"]}
        definitions = [
            *((item["model"], item) for item in self.sheet["pivots"].values()),
            *((item["model"], item) for item in self.sheet["lists"].values()),
            *((chart["metaData"]["resModel"], chart) for chart in self.get_charts()),
        ]
        for model, definition in definitions:
            matching = definition["fieldMatching"]
            self.assertEqual(set(matching), set(filters))
            for key, match in matching.items():
                field = self.env[model]._fields[match["chain"]]
                self.assertEqual((field.type, field.comodel_name), (match["type"], filters[key]))

    def test_links_use_filters_of_the_board(self):
        """A default filter that does not exist would be ignored without a word."""
        view = self.env.ref("lead_management.crm_lead_view_search")
        links = [cell for cell in self.sheet["sheets"][0]["cells"].values() if LINK in cell]
        self.assertEqual(len(links), 4)
        for link in links:
            action = json.loads(link.split(LINK)[1][:-1])["action"]
            self.assertEqual(self.env.ref(action["xmlId"]).search_view_id, view)
            for key in action["context"]:
                name = key.removeprefix("search_default_")
                self.assertIn(f'<filter name="{name}"', view.arch)

    def test_all_texts_can_be_translated(self):
        """Texts of cells are arguments of ``_t``, or labels of links, which core translates."""
        for sheet in self.sheet["sheets"]:
            for name, cell in sheet["cells"].items():
                if not cell.startswith(("=", "[")):
                    self.assertTrue(cell.isdigit(), f"{sheet['name']}!{name}")

    def test_values_of_all_companies_are_converted(self):
        """At today's rates, into the currency of the company the manager works in."""
        currency = self.env["res.currency"].create({"name": "TST", "symbol": "T"})
        other = self.env["res.company"].create({"name": "Other", "currency_id": currency.id})
        self.env["res.currency.rate"].create(
            [
                {"currency_id": rated.id, "rate": rate, "company_id": company.id}
                for company in self.company + other
                for rated, rate in ((self.company.currency_id, 1), (currency, 4))
            ]
        )
        self.sales_manager.company_ids += other
        self.create_lead(expected_revenue=100, probability=30)
        self.create_lead(
            expected_revenue=1000,
            probability=50,
            company_id=other.id,
            team_id=False,
            user_id=self.sales_manager.id,
        )
        pivot = self.sheet["pivots"]["1"]
        report = self.env[pivot["model"]].with_user(self.sales_manager)
        measures = [f"{measure['fieldName']}:sum" for measure in pivot["measures"]]
        for companies, amounts in (
            (self.company, [100, 30]),
            (self.company + other, [350, 155]),
            (other + self.company, [1400, 620]),
            (other, [1000, 500]),
        ):
            with self.subTest(companies=companies.mapped("name")):
                context = {"allowed_company_ids": companies.ids}
                (row,) = report.with_context(**context)._read_group(
                    pivot["domain"], aggregates=measures
                )
                self.assertEqual(list(row), amounts)

    def test_due_follow_ups(self):
        """Due is what is planned for today or earlier on an open lead."""
        for days in (-3, 0, 1):
            self.plan_follow_up(self.create_lead(), days)
        self.plan_follow_up(self.create_lead(stage="won"), days=-1)
        self.create_lead()
        self.assertCounts(
            {
                "Open leads": 4,
                "Open leads without a follow-up": 1,
                "Due follow-ups": 2,
                "Overdue follow-ups": 1,
            }
        )

    def test_stale_leads(self):
        """Stale is what the filter *Stale* finds: open, nothing done for as long as the phase says,
        and nobody plans to look at it."""
        leads = self.create_leads(6)
        fresh, planned, missed, archived, held, _forgotten = leads
        leads.stage_id.rotting_threshold_days = 30
        (leads - fresh).last_activity_date = fields.Datetime.now() - timedelta(days=31)
        held.wake_up_date = fields.Date.add(fields.Date.today(), days=7)
        self.plan_follow_up(planned, days=1)
        self.plan_follow_up(missed, days=-1)
        archived.active = False
        self.assertCounts({"Stale leads": 2})

    def test_decided_leads_of_twelve_months(self):
        """Won and declined ones count by the day of the decision, this month and eleven back."""
        leads = self.create_leads(3)
        leads.action_set_won()
        declined = self.create_leads(2)
        declined.action_set_lost(lost_reason_id=self.reason.id)
        first_day = fields.Date.subtract(self.today, months=11).replace(day=1)
        leads[0].date_closed = fields.Datetime.to_datetime(first_day)
        leads[1].date_closed = fields.Datetime.to_datetime(first_day) - timedelta(seconds=1)
        self.assertCounts({"Decided leads": 4})


@tagged("post_install", "-at_install")
class TestDashboardAccess(DashboardCommon):
    def test_only_the_sales_manager_has_it(self):
        menu = self.env.ref("lead_management.crm_menu_dashboard")
        for user in (self.salesperson, self.sales_all, self.accountant, self.project_manager):
            with self.subTest(user=user.name):
                self.assertFalse(self.dashboard.with_user(user).has_access("read"))
                menus = self.env["ir.ui.menu"].with_user(user)
                self.assertNotIn(menu.id, menus._visible_menu_ids())
        self.assertTrue(self.accountant.has_group(INVOICING))
        self.assertTrue(self.dashboard.with_user(self.sales_manager).has_access("read"))
        menus = self.env["ir.ui.menu"].with_user(self.sales_manager)
        self.assertIn(menu.id, menus._visible_menu_ids())
        self.assertEqual(menu.action.params, {"dashboard_id": self.dashboard.id})


@tagged("post_install", "-at_install")
class TestDashboardBrowser(DashboardCommon, DashboardBrowser):
    def test_without_leads(self):
        """Zeros, and no rate where nothing was decided."""
        self.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        zero = self.env.company.currency_id.format(0).replace("\xa0", "")
        self.open_as_manager(B2=zero, B3=zero, B6="0", B7="–", B8="0", B9="0", B18=zero)

    def test_with_leads_for_a_german(self):
        """The value by quarter adds up, in the company's currency and the user's format."""
        self.env["res.lang"]._activate_lang("de_DE")
        self.sales_manager.lang = "de_DE"
        self.company.currency_id = self.env.ref("base.EUR")
        for days, value in ((-1, 1000), (0, 2000), (4000, 3000), (None, 4000.5)):
            date = self.today + timedelta(days=days) if days is not None else False
            lead = self.create_lead(expected_revenue=value, probability=50, date_deadline=date)
        self.plan_follow_up(lead, days=0)
        self.create_leads(3).action_set_won()
        self.create_lead().action_set_lost(lost_reason_id=self.reason.id)
        self.open_as_manager(
            B2="10.000,50€",
            B3="5.000,25€",
            B4="1.000,00€",
            B5="4.000,50€",
            B6="4",
            B7="75%",
            B8="1",
            B13="2.000,00€",
            B18="3.000,00€",
            C18="1.500,00€",
            B19="4.000,50€",
            B34="3",
            C34="1",
        )
