"""The same figure in two places is the same amount: boards, lists, reports and the print."""

import random
from collections import Counter

from dateutil.relativedelta import relativedelta

from odoo.tests import tagged

from .common_history import LeadHistoryCommon

SEED = 20261127
OPEN = [("won_status", "=", "pending"), ("active", "=", True)]
MONEY = ["amount:sum", "amount_weighted:sum"]


@tagged("post_install", "-at_install")
class TestFiguresAgree(LeadHistoryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(SEED)
        rated = cls.create_foreign_currency({"2020-01-01": 3})
        apart = cls.env["res.currency"].create({"name": "TSA", "symbol": "TSA"})
        cls.companies = cls.company
        for currency in (rated, apart):
            cls.companies |= cls.env["res.company"].create(
                {"name": currency.name, "currency_id": currency.id, "lead_tz": "UTC"}
            )
        cls.gone = cls.create_user("lm_gone", "Gone", "sales_team.group_sale_salesman")
        people = cls.env.user | cls.sales_all | cls.salesperson | cls.salesperson_2
        (people | cls.accountant | cls.gone).company_ids |= cls.companies
        context = {"allowed_company_ids": cls.companies.ids, "tz": "UTC"}
        cls.env = cls.env(context={**cls.env.context, **context})
        cls.leads = cls.env["crm.lead"].concat(
            *(cls.create_generated(number) for number in range(70))
        )
        cls.gone.active = False

    @classmethod
    def create_generated(cls, number):
        pick = cls.random.choice
        day = pick([None, -400, -1, 0, 30, 100, 900])
        lead = cls.create_lead(
            stage=pick(["new", "opened", "negotiation"]),
            name=f"Generated {number}",
            company_id=pick([*cls.companies.ids, False]),
            team_id=False,
            user_id=pick([cls.salesperson.id, cls.salesperson_2.id, cls.gone.id, False]),
            expected_revenue=pick([0, -250.55, cls.random.randint(1, 9_999_999) / 100]),
            recurring_revenue=pick([0, 100]),
            probability=pick([3, 12.5, 33.33, 99]),
            date_deadline=day is not None and cls.today() + relativedelta(days=day),
            payment_ids=[
                (0, 0, {"date": pick([False, "2026-02-03", "2031-01-01"]), **share})
                for share in pick([[], [], [{"percentage": 33.33}] * 3, [{"amount": 77.77}]])
            ],
        )
        cls.change_state(number, lead)
        return lead

    # ------------------------------------------------------------
    # The same, read in all places
    # ------------------------------------------------------------

    def as_money(self, *amounts):
        return tuple(round(float(amount or 0), 2) + 0.0 for amount in amounts)

    def sum_rows(self, env, report, domain=(), **context):
        rows = env[f"crm.lead.{report}.report"].with_context(**context)
        (sums,) = rows._read_group([("lead_id", "in", self.leads.ids), *domain], [], MONEY)
        return self.as_money(*sums)

    def sum_leads(self, env, domain):
        """As the columns of the board, added up: a column in one currency is in that one."""
        Lead = env["crm.lead"].with_context(active_test=False)
        groups = Lead._read_group(
            [("id", "in", self.leads.ids), *domain],
            ["stage_id"],
            ["expected_revenue:sum_currency", "prorated_revenue:sum_currency"],
        )
        return self.as_money(*(sum(group[i] or 0 for group in groups) for i in (1, 2)))

    def sum_list(self, env, domain):
        Lead = env["crm.lead"].with_context(active_test=False)
        return self.as_money(
            sum(Lead.search([("id", "in", self.leads.ids), *domain]).mapped("converted_revenue"))
        )

    def get_readers(self):
        for user in (self.env.user, self.sales_all, self.salesperson):
            for tz in ("UTC", "Pacific/Auckland"):
                yield self.env(user=user, context={**self.env.context, "tz": tz})

    def assertAgree(self, places):
        self.assertEqual(len(set(places.values())), 1, places)

    def test_open_value_is_the_same_everywhere(self):
        for env in self.get_readers():
            places = {
                "board": self.sum_leads(env, OPEN),
                "pipeline": self.sum_rows(env, "pipeline", OPEN),
                "pipeline by order": self.sum_rows(env, "pipeline", OPEN, lead_basis="order"),
                "a day": self.sum_rows(env, "snapshot"),
                "movements": self.sum_rows(env, "movement", [("kind", "!=", "closing")]),
                "closing": self.sum_rows(env, "movement", [("kind", "=", "closing")]),
            }
            self.assertAgree(places)
            self.assertNotEqual(places["board"][0], 0)
            self.assertEqual(self.sum_list(env, OPEN), places["board"][:1])

    def test_accountants_and_who_sees_all_leads_read_the_same(self):
        both = [self.env(user=user) for user in (self.accountant, self.sales_all)]
        for report in ("pipeline", "snapshot", "movement"):
            first, second = (self.sum_rows(env, report) for env in both)
            self.assertEqual(first, second, report)

    def test_what_is_undated_overdue_or_on_hold_is_the_same_everywhere(self):
        for env in self.get_readers():
            for name, of_leads, of_rows in (
                ("undated", [("date_deadline", "=", False)], [("timing", "=", "undated")]),
                ("overdue", [("is_planned_overdue", "=", True)], [("timing", "=", "overdue")]),
                ("on hold", [("is_on_hold", "=", True)], [("is_on_hold", "=", True)]),
            ):
                rows = [*OPEN, *of_rows]
                self.assertAgree(
                    {
                        name: self.sum_leads(env, [*OPEN, *of_leads]),
                        "pipeline": self.sum_rows(env, "pipeline", rows, lead_basis="order"),
                        "a day": self.sum_rows(env, "snapshot", of_rows),
                    }
                )

    def test_won_value_is_the_same_everywhere(self):
        won = [("won_status", "=", "won")]
        for env in self.get_readers():
            presales = env["crm.lead.presales.report"]
            ((value,),) = presales._read_group(
                [("lead_id", "in", self.leads.ids)], [], ["won_value:sum"]
            )
            self.assertAgree(
                {
                    "board": self.sum_leads(env, won)[:1],
                    "list": self.sum_list(env, won),
                    "pipeline": self.sum_rows(env, "pipeline", won)[:1],
                    "presales": self.as_money(value),
                }
            )

    def test_number_of_open_leads_is_the_same_everywhere(self):
        for env in self.get_readers():
            counts = Counter()
            counts["board"] = env["crm.lead"].search_count([("id", "in", self.leads.ids), *OPEN])
            for report, domain in (("pipeline", OPEN), ("snapshot", [])):
                ((counts[report],),) = env[f"crm.lead.{report}.report"]._read_group(
                    [("lead_id", "in", self.leads.ids), *domain], [], ["lead_id:count_distinct"]
                )
            self.assertAgree(counts)

    def test_print_has_the_sums_of_the_report_company_by_company(self):
        printed = self.env["report.lead_management.report_pipeline_quarterly"]
        pipelines = printed._get_report_values(self.companies.ids, {})["pipelines"]
        for company, pipeline in zip(self.companies, pipelines, strict=True):
            report = self.env["crm.lead.pipeline.report"].with_context(
                allowed_company_ids=company.ids
            )
            ids = [company.id, *([False] if company == self.company else [])]
            (sums,) = report._read_group([*OPEN, ("company_id", "in", ids)], [], MONEY)
            totals = pipeline["totals"]
            self.assertEqual(
                self.as_money(totals["amounts"]["total"], totals["weighted"]["total"]),
                self.as_money(*sums),
            )
            stages = pipeline["stages"]
            self.assertEqual(
                self.as_money(sum(stage["amounts"]["total"] for stage in stages)),
                self.as_money(sums[0]),
            )


# around both changes of the clock: 23:30 UTC is the next day in Vienna, and so is 22:30 in summer
MOMENTS = [
    f"{day} {time}"
    for day in ("2025-03-29", "2025-03-30", "2025-03-31", "2025-10-25", "2025-10-26")
    for time in ("00:30:00", "21:59:59", "22:30:00", "23:30:00")
]
DAYS = ["2025-03-28", "2025-03-29", "2025-03-30", "2025-03-31", "2025-10-25", "2025-10-26"]


@tagged("post_install", "-at_install")
class TestMovementsClose(LeadHistoryCommon):
    """Opening and movements are the closing, and that is the next opening, whatever happens."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(SEED)
        cls.company.lead_tz = "Europe/Vienna"
        cls.rated = cls.create_foreign_currency({"2020-01-01": 3})
        cls.other = cls.env["res.company"].create(
            {"name": "Other", "currency_id": cls.rated.id, "lead_tz": "Pacific/Auckland"}
        )
        cls.env.user.company_ids |= cls.other
        companies = (cls.company | cls.other).ids
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": companies})
        cls.leads = cls.env["crm.lead"]
        cls.keys = []
        for moment in MOMENTS:
            with cls.at(cls, moment):
                cls.happen()

    @classmethod
    def commit(cls):
        cls.env.flush_all()
        cls.env.cr.precommit.run()

    @classmethod
    def happen(cls):
        pick = cls.random.choice
        for _number in range(2):
            lead = cls.create_lead(
                stage="opened",
                company_id=pick([cls.company.id, cls.other.id, False]),
                team_id=False,
                user_id=False,
                expected_revenue=cls.random.randint(1, 999_999) / 100,
                date_deadline=pick([False, "2025-03-31", "2025-04-01", "2026-01-01"]),
            )
            cls.leads |= lead
            cls.keys.append(lead.id)
        what = pick(["value", "company", "merge", "delete", "won", "archive", "date"])
        lead = pick(cls.leads)
        if what == "value":
            lead.expected_revenue = cls.random.randint(-999, 999_999) / 100
        elif what == "company":
            lead.company_id = cls.other if lead.company_id != cls.other else cls.company
        elif what == "merge":
            pending = cls.leads.filtered(lambda each: each.won_status == "pending")
            alike = pending.filtered(lambda each: each.company_id == lead.company_id)
            if len(alike) > 1:
                alike[-2:].merge_opportunity()
        elif what == "delete":
            lead.unlink()
        elif what == "won":
            lead.action_set_won()
        elif what == "archive":
            lead.active = False
        else:
            lead.date_deadline = "2025-12-31"
        cls.leads = cls.leads.exists()

    def sum_report(self, name, domain=(), **context):
        key = "move_key" if name == "movement" else "id"
        report = self.env[f"crm.lead.{name}.report"].with_context(**context)
        (sums,) = report._read_group([(key, "in", self.keys), *domain], [], MONEY)
        return tuple(round(float(amount or 0), 2) + 0.0 for amount in sums)

    def assertClose(self):
        for number, first in enumerate(DAYS):
            for last in DAYS[number + 1 :]:
                days = {"date_from": first, "date_to": last}
                places = {
                    "moved": self.sum_report("movement", [("kind", "!=", "closing")], **days),
                    "closing": self.sum_report("movement", [("kind", "=", "closing")], **days),
                    "the day": self.sum_report("snapshot", snapshot_date=last),
                }
                self.assertEqual(len(set(places.values())), 1, (days, places))
                self.assertEqual(
                    self.sum_report("movement", [("kind", "=", "opening")], **days),
                    self.sum_report("snapshot", snapshot_date=first),
                )

    def test_over_changes_of_the_clock_merges_and_companies(self):
        self.assertClose()
        self.assertTrue(self.sum_report("snapshot", snapshot_date=DAYS[-1])[0])

    def test_over_a_new_rate_and_another_currency_of_a_company(self):
        self.env["res.currency.rate"].create(
            {"currency_id": self.rated.id, "name": "2025-03-30", "rate": 0.7}
        )
        self.assertClose()
        self.other.currency_id = self.env["res.currency"].create({"name": "TSX", "symbol": "X"})
        self.assertClose()
        self.other.currency_id = self.company.currency_id
        self.assertClose()

    def test_won_in_a_quarter_is_the_same_in_forecast_and_movements(self):
        with self.at("2025-10-26 23:30:00"):
            self.leads.filtered(lambda lead: lead.won_status == "pending")[:3].action_set_won()
        ((won,),) = self.env["crm.lead.forecast.report"]._read_group(
            [("quarter", "=", "2025-10-01")], [], ["won:sum"]
        )
        moved = self.env["crm.lead.movement.report"].with_context(
            date_from="2025-09-30", date_to="2025-12-31"
        )
        ((amount,),) = moved._read_group([("kind", "=", "won")], [], ["amount:sum"])
        self.assertTrue(won)
        self.assertAlmostEqual(won, -amount, 2)

    def test_seen_from_the_other_company(self):
        companies = [self.other.id, self.company.id]
        self.env = self.env(context={**self.env.context, "allowed_company_ids": companies})
        self.assertClose()
