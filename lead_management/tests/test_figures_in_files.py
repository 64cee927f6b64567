"""Spreadsheets and the dashboard in the browser show the figures that a recomputation finds."""

import io
import json

import openpyxl

from odoo import http
from odoo.tests import tagged

from ..tools.quarters import quarters_from
from .common_recomputed import FiguresEverywhereCommon
from .test_dashboard import DashboardBrowser

PIPELINE = "crm.lead.pipeline.report"
OPEN = [("won_status", "=", "pending"), ("active", "=", True)]


@tagged("post_install", "-at_install")
class TestFiguresInFiles(FiguresEverywhereCommon, DashboardBrowser):
    def export(self, model, names, groupby=(), domain=(), **context):
        """The rows of a spreadsheet, as the list's *Export All* sends for it."""
        described = self.env[model].fields_get(names)
        params = {
            "model": model,
            "fields": [
                {"name": name, "label": name, "type": described[name]["type"]} for name in names
            ],
            "ids": False,
            "domain": list(domain),
            "groupby": list(groupby),
            "context": {**self.env.context, **context},
            "import_compat": False,
        }
        data = {"data": json.dumps(params), "csrf_token": http.Request.csrf_token(self)}
        response = self.url_open("/web/export/xlsx", data)
        self.assertEqual(response.status_code, 200, response.text)
        book = openpyxl.load_workbook(io.BytesIO(response.content))
        return list(book.active.iter_rows(min_row=2, values_only=True))

    def log_in(self, user, lang):
        user.lang = lang
        user.group_ids |= self.env.ref("base.group_allow_export")
        self.authenticate(user.login, user.login + "x" * (8 - len(user.login)))

    def get_kind(self, row):
        timing = self.get_timing(row)
        return timing if timing in ("overdue", "undated") else "dated"

    def test_exported_pipeline(self):
        for user in self.readers - self.accountant:
            for lang in ("en_US", "de_DE"):
                self.log_in(user, lang)
                env = self.env(user=user, context={**self.env.context, "lang": lang})
                rows = self.get_open_rows(env)
                found = self.export(
                    PIPELINE, ["lead_id", "amount", "amount_weighted"], ["timing"], OPEN, lang=lang
                )
                heads = [row for row in found if row[0].endswith(")")]
                self.assertEqual(len(found) - len(heads), len(rows))
                # core writes the keys of selections
                sums = {row[0].partition(" ")[0]: row[1:] for row in heads}
                expected = self.by_bucket(rows, self.get_kind)
                self.assertSums(sums, expected)

    def test_exported_leads_have_the_sums_of_the_list(self):
        """Converted where a group has several currencies, and without what has no rate."""
        self.log_in(self.sales_manager, "en_US")
        names = ["name", "expected_revenue", "prorated_revenue", "probability"]
        domain = [("id", "in", self.leads.ids), *OPEN]
        Lead = self.env(user=self.sales_manager)["crm.lead"]
        for groupby in (["stage_id"], ["company_id"], ["stage_id", "company_id"]):
            found = self.export("crm.lead", names, groupby, domain)
            heads = [row for row in found if row[0].endswith(")")]
            groups = Lead._read_group(
                domain,
                groupby[:1],
                [
                    "expected_revenue:sum",
                    "expected_revenue:sum_currency",
                    "company_currency:array_agg_distinct",
                    "probability:avg",
                    "__count",
                ],
            )
            for group, plain, converted, currencies, probability, count in groups:
                title = f"{group.name or 'Undefined'} ({count})"
                (row,) = (row for row in heads if row[0] == title)
                expected = converted if len(currencies) > 1 else plain
                self.assertAlmostEqual(row[1], expected, 2, title)
                self.assertAlmostEqual(row[3], probability, 2, title)
            if groupby == ["stage_id"]:
                total = self.sum_rows(self.get_open_rows(Lead.env))
                self.assertAlmostEqual(sum(row[1] for row in heads), total[0], 2)
                self.assertAlmostEqual(sum(row[2] for row in heads), total[1], 2)

    def test_exported_ratio_is_that_of_the_sums(self):
        leads = self.leads.filtered(lambda lead: lead.company_id == self.company)
        won = leads.filtered(lambda lead: lead.won_status == "won" and lead.expected_revenue > 0)
        for lead in won[:1] | (leads - won)[:2]:
            self.record_hours(lead, hours=3)
        self.sales_manager.group_ids |= self.env.ref("lead_management.group_lead_cost")
        self.log_in(self.sales_manager, "en_US")
        report = self.env(user=self.sales_manager)["crm.lead.presales.report"]
        domain = [("lead_id", "in", leads.ids)]
        names = ["lead_id", "cost", "won_value", "cost_per_won"]
        for row in self.export(report._name, names, ["company_id"], domain)[:1]:
            ((cost, value, ratio),) = report._read_group(
                domain, [], ["cost:sum", "won_value:sum", "cost_per_won:avg"]
            )
            self.assertTrue(ratio)
            for found, expected in zip(row[1:], (cost, value, ratio), strict=True):
                self.assertAlmostEqual(found, expected, 4)

    def test_exported_amounts_without_a_rate_have_no_sum_of_two_currencies(self):
        other = self.env["res.currency"].create({"name": "TSO", "symbol": "TSO"})
        company = self.env["res.company"].create({"name": "TSO", "currency_id": other.id})
        self.sales_manager.company_ids |= company
        leads = self.create_leads(
            2, company_id=company.id, team_id=False, user_id=False, expected_revenue=700
        )
        apart = self.leads.filtered(lambda lead: lead.company_id == self.companies[2])
        self.log_in(self.sales_manager, "en_US")
        domain = [("lead_id", "in", (leads | apart).ids), *OPEN]
        context = {"allowed_company_ids": (self.companies | company).ids}
        for groupby in ("won_status", "apart_currency_id"):
            found = self.export(PIPELINE, ["lead_id", "amount_apart"], [groupby], domain, **context)
            heads = {row[0]: row[1] for row in found if row[0].endswith(")")}
            if groupby == "won_status":
                self.assertEqual(set(heads.values()), {None})
            else:
                self.assertIn(1400, heads.values())

    def test_dashboard_in_the_browser(self):
        """In both languages, what is shown is what is recomputed."""
        env = self.env(user=self.sales_manager)
        rows = [
            row
            for row in self.recompute_rows(self.company)
            if self.is_open(row.lead) and row.lead["company_id"] in (False, self.company.id)
        ]
        held = [row for row in rows if row.lead["wake_up_date"]]
        buckets = self.by_bucket(rows, self.get_timing)
        starts = quarters_from(self.today(), 4)
        cells = {"B2": self.sum_rows(rows)[0], "B3": self.sum_rows(rows)[1]}
        cells["B36"] = self.sum_rows(held)[0]
        for line, key in enumerate(["overdue", *starts], start=12):
            cells[f"B{line}"], cells[f"C{line}"] = buckets.get(key, (0, 0))
        cells["B19"], cells["C19"] = buckets.get("undated", (0, 0))
        later = [row for row in rows if self.get_timing(row) not in ("overdue", "undated", *starts)]
        cells["B18"], cells["C18"] = self.sum_rows(later)
        self.assertEqual(env.company, self.company)
        for lang in ("en_US", "de_DE"):
            self.sales_manager.lang = lang
            expected = {}
            for cell, amount in cells.items():
                text = f"{amount:,.2f}"
                if lang == "de_DE":
                    text = text.translate(str.maketrans(",.", ".,"))
                expected[cell] = f"{text}€"
            self.open_as_manager(**expected)
