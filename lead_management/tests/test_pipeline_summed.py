"""Groups of the pipeline report, which the database adds up before it makes them: they say what its
rows say."""

from collections import defaultdict
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command, Domain
from odoo.tests import tagged

from .common import SALES_ALL
from .test_crm_lead_payment import LeadPaymentCommon

PIPELINE = "crm.lead.pipeline.report"
# as a pivot asks for them
MEASURES = (
    "amount:sum",
    "amount_weighted:sum",
    "currency_id:array_agg_distinct",
    "amount:sum_currency",
    "__count",
)


@tagged("post_install", "-at_install")
class TestPipelineSummed(LeadPaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        today = fields.Date.today()
        cls.leads = cls.lead
        for number, stage in enumerate(("opened", "opened", "negotiation", "won")):
            cls.leads |= cls.create_lead(
                stage=stage,
                expected_revenue=1000.37 * (number + 1),
                date_deadline=number and fields.Date.add(today, months=4 * number - 5),
                user_id=(cls.salesperson, cls.salesperson_2)[number % 2].id,
            )
        for lead in cls.leads:
            cls.plan(lead, ("33.3%", fields.Date.add(today, months=2)), ("20%", False), 10.01)
        cls.env.flush_all()

    def read_rows(self, domain, user=None):
        report = self.env[PIPELINE].with_user(user or self.sales_manager)
        return report.search(Domain(domain) & Domain("lead_id", "in", self.leads.ids))

    def read_groups(self, domain, groupby, user=None):
        """By what is grouped by: amounts and number of rows."""
        report = self.env[PIPELINE].with_user(user or self.sales_manager)
        # by what leads have and others have not: the lead itself would tell rows apart
        domain = Domain(domain) & Domain("team_id", "=", self.team.id)
        return {
            group[: len(groupby)]: group[len(groupby) :]
            for group in report._read_group(domain, groupby, MEASURES)
        }

    def assertSaysWhatRowsSay(self, domain, groupby, user=None):
        expected = defaultdict(lambda: [0.0, 0.0, 0])
        for row in self.read_rows(domain, user):
            total = expected[tuple(row[name] for name in groupby)]
            total[0] += row.amount
            total[1] += row.amount_weighted
            total[2] += 1
        found = self.read_groups(domain, groupby, user)
        self.assertEqual(found.keys(), expected.keys(), (domain, groupby))
        for key, (amount, weighted, currencies, again, count) in found.items():
            self.assertAlmostEqual(amount, expected[key][0], 6)
            self.assertAlmostEqual(again, expected[key][0], 6)
            self.assertAlmostEqual(weighted, expected[key][1], 6)
            self.assertEqual(currencies, self.company.currency_id.ids)
            self.assertEqual(count, expected[key][2])

    def test_groups_say_what_rows_say(self):
        for domain in (
            [],
            [("is_near", "=", True)],
            ["|", ("timing", "=", "undated"), ("won_status", "=", "won")],
            [("stage_id.name", "ilike", "e")],
            [("amount", ">", 100)],
            [("lead_id", "in", self.leads[1:3].ids)],
        ):
            for groupby in (["stage_id"], ["timing", "user_id"], ["fiscal_quarter"], ["active"]):
                self.assertSaysWhatRowsSay(domain, groupby)

    def test_levels_of_a_pivot_say_the_same(self):
        report = self.env[PIPELINE].with_user(self.sales_manager)
        domain = [("team_id", "=", self.team.id)]
        levels = [[], ["date:quarter"], ["stage_id"], ["stage_id", "date:quarter"]]
        for level, groups in zip(
            levels, report._read_grouping_sets(domain, levels, MEASURES), strict=True
        ):
            apart = report._read_group(domain, level, MEASURES)
            self.assertEqual(sorted(map(str, groups)), sorted(map(str, apart)))
        self.assertEqual(groups[0][0].env, report.env)

    def test_rule_over_a_column_that_nobody_groups_by(self):
        self.env["ir.rule"].create(
            {
                "name": "Another module's",
                "model_id": self.env["ir.model"]._get_id(PIPELINE),
                "domain_force": repr([("user_id", "=", self.salesperson_2.id)]),
                "groups": [Command.link(self.env.ref(SALES_ALL).id)],
            }
        )
        self.assertTrue(self.read_groups([], ["stage_id"], self.sales_all))
        self.assertSaysWhatRowsSay([], ["stage_id"], self.sales_all)

    def test_search_that_another_module_narrows(self):
        model = self.env.registry[PIPELINE]
        core = model._search

        def narrowed(report, domain, *args, **kwargs):
            return core(report, Domain(domain) & Domain("type", "=", "lead"), *args, **kwargs)

        with patch.object(model, "_search", narrowed):
            self.assertFalse(self.read_groups([], ["stage_id"]))

    def test_more_rows_take_no_more_queries(self):
        counts = []
        for _ in range(2):
            self.read_groups([], ["stage_id"])
            counts.append(self.count_queries(lambda: self.read_groups([], ["stage_id"])))
            for lead in self.leads:
                self.plan(lead, 1.0, 2.0, 3.0)
        self.assertEqual(*counts)
