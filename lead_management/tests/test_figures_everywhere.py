"""Each figure by whatever way it reaches a reader: the same, and what a recomputation finds."""

import json
import operator
from collections import Counter
from datetime import UTC
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import file_open
from odoo.tools.safe_eval import safe_eval

from ..tools.quarters import quarters_from
from .common_recomputed import FiguresEverywhereCommon
from .test_dashboard import SHEET

MONEY = ["amount:sum", "amount_weighted:sum"]
PIPELINE = "crm.lead.pipeline.report"
OPEN = [("won_status", "=", "pending"), ("active", "=", True)]


@tagged("post_install", "-at_install")
class TestFiguresEverywhere(FiguresEverywhereCommon):
    def read_buckets(self, report, domain):
        dated = [*domain, ("timing", "=", "dated")]
        return {
            **{timing: sums for timing, *sums in report._read_group(domain, ["timing"], MONEY)},
            **{start: sums for start, *sums in report._read_group(dated, ["date:quarter"], MONEY)},
            "dated": (0, 0),
        }

    def test_pipeline(self):
        for env in self.get_envs():
            rows = self.get_open_rows(env)
            self.assertGreater(len(rows), 10)
            found = self.read_buckets(env[PIPELINE], OPEN)
            self.assertSums(found, self.by_bucket(rows, self.get_timing))

    def test_company_without_cents_reads_the_same_in_all_reports(self):
        """Leads of no company have cents, which its currency has not."""
        coins = self.companies[1]
        for rounding in (0.05, 1):
            coins.currency_id.rounding = rounding
            self.env.flush_all()
            self.leads.sudo()._repair_figures()
            # what is converted is kept until the end of a request
            self.env.invalidate_all()
            env = self.env(user=self.sales_all, context={"allowed_company_ids": coins.ids})
            rows = self.get_open_rows(env)
            expected = self.sum_rows(rows)
            self.assertSums(
                self.read_buckets(env[PIPELINE], OPEN), self.by_bucket(rows, self.get_timing)
            )
            ((amount, weighted),) = env["crm.lead.snapshot.report"]._read_group([], [], MONEY)
            ((value, prorated),) = env["crm.lead"]._read_group(
                OPEN, [], ["expected_revenue:sum_currency", "prorated_revenue:sum_currency"]
            )
            listed = sum(env["crm.lead"].search(OPEN).mapped("converted_revenue"))
            self.assertSums(
                {"day": (amount, weighted), "board": (value, prorated), "list": (listed,)},
                {"day": expected, "board": expected, "list": expected[:1]},
            )

    def test_filters_by_value_compare_what_is_shown(self):
        leads = self.env(user=self.sales_all)["crm.lead"].search(
            [*OPEN, ("is_without_rate", "=", False)]
        )
        shown = {lead: lead.converted_revenue for lead in leads}
        self.assertTrue(leads.company_id - self.company)
        for name, compare in (
            ("=", operator.eq),
            ("<", operator.lt),
            ("<=", operator.le),
            (">", operator.gt),
            (">=", operator.ge),
        ):
            for amount in set(shown.values()):
                domain = [("id", "in", leads.ids), ("converted_revenue", name, amount)]
                found = leads.browse().search(domain)
                expected = [lead.id for lead in leads if compare(shown[lead], amount)]
                self.assertEqual(set(found.ids), set(expected), (name, amount))

    def test_dashboard_by_pivot(self):
        with file_open(SHEET) as sheet:
            pivots = {each["name"]: each for each in json.load(sheet)["pivots"].values()}

        def read(env, name, groupby, measures):
            records = env[pivots[name]["model"]].with_context(**pivots[name]["context"])
            return records.formatted_read_group(pivots[name]["domain"], groupby, measures)

        for env in self.get_envs(self.sales_manager):
            rows = self.get_open_rows(env)
            held = [row for row in rows if self.is_held(row.lead)]
            for name, expected in (("Open value", rows), ("On hold", held)):
                (total,) = read(env, name, [], MONEY)
                sums = {"all": [total[spec] for spec in MONEY]}
                self.assertSums(sums, {"all": self.sum_rows(expected)})
            leads = {row.lead["id"] for row in rows}
            (total,) = read(env, "Open leads", [], ["__count"])
            self.assertEqual(total["__count"], len(leads))
            apart = {
                row.lead["id"] for row in rows if row.lead["company_id"] == self.companies[2].id
            }
            (total,) = read(env, "Leads without a rate", [], ["lead_id:count_distinct"])
            self.assertEqual(total["lead_id:count_distinct"], len(apart))
            months = read(env, "Decided leads", ["date_closed:month", "won_status"], ["__count"])
            self.assertEqual(self.count_months(env, months), self.recount_months())

    def is_held(self, lead):
        return lead["wake_up_date"] and lead["wake_up_date"] > self.today()

    def count_months(self, env, groups):
        """As the browser tells them: by the month that begins at the reader's midnight."""
        found = Counter()
        for group in groups:
            start = fields.Datetime.to_datetime(group["date_closed:month"][0])
            local = start.replace(tzinfo=UTC).astimezone(ZoneInfo(env.tz.zone))
            self.assertEqual((local.day, local.hour), (1, 0))
            found[local.year, local.month, group["won_status"]] += group["__count"]
        return found

    def recount_months(self):
        first = self.today() + relativedelta(day=1, months=-11)
        expected = Counter()
        for lead in self.leads.with_context(active_test=False):
            if lead.won_status == "pending":
                continue
            moment = lead.date_closed.replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Vienna"))
            if moment.date() >= first:
                expected[moment.year, moment.month, lead.won_status] += 1
        return expected

    def test_liquidity(self):
        action = self.env.ref("lead_management.crm_lead_pipeline_report_action_liquidity")
        context = safe_eval(action.context)
        first = self.today() + relativedelta(day=1)
        end = self.today() + relativedelta(months=60, day=31)
        domain = ["&", ("is_coming", "=", True), "|", ("won_status", "=", "won"), *["&", *OPEN]]
        for env in self.get_envs():
            rows = [
                row
                for row in self.get_readable_rows(env)
                if self.is_open(row.lead) or row.lead["won_status"] == "won"
            ]
            far = [row for row in rows if row.date and row.date > end]
            shown = [
                row
                for row in rows
                if row not in far
                and (not row.date or row.date >= first or self.get_timing(row) == "overdue")
            ]
            report = env[PIPELINE].with_context(**context)
            groups = report.formatted_read_group(domain, ["date:month"], MONEY)
            found = {
                group["date:month"] and group["date:month"][0]: [group[spec] for spec in MONEY]
                for group in groups
            }
            by_month = self.by_bucket(
                shown, lambda row: row.date and fields.Date.to_string(row.date.replace(day=1))
            )
            self.assertSums({key or None: sums for key, sums in found.items()}, by_month)
            self.assertTrue(far)
            note = report.get_figures_note(domain)
            (weighted,) = self.sum_rows(far)[1:]
            text = env["ir.qweb.field.monetary"].value_to_html(
                weighted, {"display_currency": env.company.currency_id}
            )
            self.assertIn("".join(filter(str.isdigit, text)), "".join(filter(str.isdigit, note)))

    def get_column(self, row):
        timing = self.get_timing(row)
        columns = ("overdue", "undated", *quarters_from(self.today(), 4))
        return timing if timing in columns else "after"

    def test_print(self):
        for env in self.get_envs(self.sales_all, self.salesperson, self.accountant):
            printed = env["report.lead_management.report_pipeline_quarterly"]
            values = printed._get_report_values(self.companies.ids, {"quarters": 4})
            for company, pipeline in zip(self.companies, values["pipelines"], strict=True):
                alone = env(context={**env.context, "allowed_company_ids": company.ids})
                ids = [company.id, *([False] if company == self.company else [])]
                rows = [row for row in self.get_open_rows(alone) if row.lead["company_id"] in ids]

                totals = pipeline["totals"]
                found = {
                    column: (amount, totals["weighted"][column])
                    for column, amount in totals["amounts"].items()
                }
                self.assertSums(
                    found,
                    {**self.by_bucket(rows, self.get_column), "total": self.sum_rows(rows)},
                )

    def test_printed_pages(self):
        """What the PDF says are these amounts, in the reader's format."""
        for env in self.get_envs(self.sales_all):
            if env.context["tz"] != "UTC":
                continue
            report = env["ir.actions.report"].with_context(force_report_rendering=True)
            name = "lead_management.report_pipeline_quarterly"
            html, _kind = report._render_qweb_html(name, [], data={"quarters": 4})
            alone = env(context={**env.context, "allowed_company_ids": self.company.ids})
            rows = [
                row
                for row in self.get_open_rows(alone)
                if row.lead["company_id"] in (False, self.company.id)
            ]
            for amount in self.sum_rows(rows):
                text = f"{amount:,.2f}"
                if env.context["lang"] == "de_DE":
                    text = text.translate(str.maketrans(",.", ".,"))
                self.assertIn(text, html.decode())

    # ------------------------------------------------------------
    # Calibration
    # ------------------------------------------------------------

    def recount_cases(self):
        """By stage, how many of the leads were open in it and are decided now, and won."""
        cases, won = Counter(), Counter()
        rows = self.history.sudo().search([("lead_id", "in", self.leads.ids)])
        for stage, lead in {(row.stage_id, row.lead_id) for row in rows if row.is_open}:
            cases[stage] += lead.won_status in ("won", "lost")
            won[stage] += lead.won_status == "won"
        return {stage.id: (cases[stage], won[stage]) for stage in cases if cases[stage]}

    def test_calibration(self):
        expected = self.recount_cases()
        self.assertTrue(expected)
        for env in self.get_envs(self.sales_manager, self.accountant):
            rows = env["crm.stage.calibration.report"].search([("decided", ">", 0)])
            self.assertEqual({row.id: (row.decided, row.won) for row in rows}, expected)
            for row in rows:
                self.assertAlmostEqual(row.rate, 100 * row.won / row.decided, 6)

    def test_dialog_of_calibration(self):
        stage = self.stages["opened"]
        for env in self.get_envs(self.sales_manager):
            rows = [row for row in self.get_open_rows(env) if row.lead["stage_id"] == stage.id]
            dialog = env["crm.stage.calibration.apply"].create({"stage_id": stage.id})
            self.assertAlmostEqual(dialog.weighted_before, self.sum_rows(rows)[1], 2)

    def test_what_the_dialog_promises_is_what_becomes_of_the_leads(self):
        stage = self.stages["opened"]
        leads = self.leads.filtered(
            lambda lead: lead.stage_id == stage and lead.active and lead.won_status == "pending"
        )
        for lead in leads:
            lead.action_set_automated_probability()
        env = self.env(user=self.sales_manager)
        for new in (12.3, 33.3, 66.7):
            dialog = env["crm.stage.calibration.apply"].create({"stage_id": stage.id})
            dialog.new_probability = new
            promised = dialog.weighted_after
            stage.default_probability = new
            stage.with_user(self.sales_manager).action_apply_default_probability()
            domain = [*OPEN, ("stage_id", "=", stage.id)]
            ((weighted,),) = env[PIPELINE]._read_group(domain, [], ["amount_weighted:sum"])
            self.assertAlmostEqual(promised, weighted, 2)
            self.assertGreater(dialog.lead_count, 3)
