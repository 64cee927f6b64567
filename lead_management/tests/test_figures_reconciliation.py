"""Figures that an accountant signs: recomputed without Odoo, they come out the same.

A company and a subsidiary with another currency, some 560 leads with planned payments, 90 days
of random changes. At each day's end a snapshot is really taken, by plain SQL over the leads.
"""

import logging
import random
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate, pairwise

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import SALES_ALL
from .common_history import LeadHistoryCommon

_logger = logging.getLogger(__name__)

CENT = Decimal("0.01")
FIRST_DAY = date(2024, 11, 12)
DAYS = 90
SEED = 20241112
RATE = Decimal("1.25")  # units of the subsidiary's currency for one of the company's


def money(value):
    """A database value as what it says, rounded to the cent."""
    return Decimal(str(value or 0)).quantize(CENT, ROUND_HALF_UP)


def quarter_of(day):
    """(year, quarter) of a date, None without one."""
    return (day.year, (day.month + 2) // 3) if day else None


@tagged("post_install", "-at_install")
class TestFiguresReconciliation(LeadHistoryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(SEED)
        cls.currency_b = cls.env["res.currency"].create(
            {"name": "TSB", "symbol": "B", "rounding": 0.01}
        )
        cls.env["res.currency.rate"].create(
            {"currency_id": cls.currency_b.id, "name": "2020-01-01", "rate": float(RATE)}
        )
        cls.company_b = cls.env["res.company"].create(
            {"name": "Subsidiary (test)", "currency_id": cls.currency_b.id}
        )
        cls.companies = cls.company | cls.company_b
        cls.env.user.company_ids += cls.company_b
        cls.user_b = mail_new_test_user(
            cls.env,
            login="lm_sales_b",
            groups=SALES_ALL,
            company_id=cls.company_b.id,
            company_ids=[Command.set(cls.company_b.ids)],
        )
        cls.env = cls.env(
            context={
                **cls.env.context,
                "allowed_company_ids": cls.companies.ids,
                "mail_create_nosubscribe": True,
                "tz": "UTC",
            }
        )
        cls.open_stages = [stage for name, stage in cls.stages.items() if name != "won"]

    # ------------------------------------------------------------
    # The random life of leads
    # ------------------------------------------------------------

    def random_amount(self):
        return self.random.choice([0, self.random.randint(1, 9_999_999) / 100])

    def random_date(self, day):
        if self.random.random() < 0.15:
            return False
        return day + timedelta(days=self.random.randint(-60, 420))

    def random_payments(self, day):
        """Shares or amounts; together less than the value, all of it or more."""
        count = self.random.choice([0, 0, 1, 2, 3, 4])
        if count and self.random.random() < 0.5:
            whole = self.random.choice([100, 100, 60])
            shares = [round(whole / count, 2)] * (count - 1)
            plan = [{"percentage": share} for share in [*shares, round(whole - sum(shares), 2)]]
        else:
            plan = [{"amount": self.random_amount()} for _number in range(count)]
        return [Command.create({**vals, "date": self.random_date(day)}) for vals in plan]

    def random_lead_values(self, day):
        stage = self.random.choice(self.open_stages)
        owner = self.random.choice(["a", "a", "b", "b", "nobody"])
        values = {
            "name": "Generated",
            "type": stage.lead_type,
            "stage_id": stage.id,
            "expected_revenue": self.random_amount(),
            "date_deadline": self.random_date(day),
            "payment_ids": self.random_payments(day),
            "team_id": False,
            "user_id": False,
        }
        if owner == "a":
            user = self.random.choice([self.salesperson, self.salesperson_2])
            values |= {"user_id": user.id, "company_id": self.company.id}
        elif owner == "b":
            values |= {"user_id": self.user_b.id, "company_id": self.company_b.id}
        return values

    def create_random_leads(self, count, day):
        leads = self.env["crm.lead"].create(
            [self.random_lead_values(day) for _number in range(count)]
        )
        self.all_keys += leads.ids
        return leads

    def change(self, lead, day):
        """Something that happens to a lead; returns what it was."""
        lead = lead.with_context(active_test=False)
        is_open = lead.active and lead.won_status == "pending"
        weights = {
            "value": 5,
            "date": 5,
            "stage": 5 if is_open else 1,
            "probability": 3 if is_open else 0,
            "all": 2 if is_open else 0,
            "won": 2 if is_open else 0,
            "lost": 2 if is_open else 0,
            "restore": 0 if lead.active else 6,
            "archive": 1 if lead.active else 0,
            "payments": 2,
            "owner": 1,
            "delete": 1,
        }
        what = self.random.choices(list(weights), list(weights.values()))[0]
        getattr(self, f"change_{what}")(lead, day)
        return what

    def change_value(self, lead, day):
        lead.expected_revenue = self.random_amount()

    def change_date(self, lead, day):
        lead.date_deadline = self.random_date(day)

    def change_stage(self, lead, day):
        lead.stage_id = self.random.choice(self.open_stages)

    def change_probability(self, lead, day):
        lead.probability = self.random.choice([3, 12.5, 33.33, 66.67, 99])

    def change_all(self, lead, day):
        lead.write(
            {
                "expected_revenue": self.random_amount(),
                "date_deadline": self.random_date(day),
                "stage_id": self.random.choice(self.open_stages).id,
            }
        )

    def change_won(self, lead, day):
        lead.action_set_won()

    def change_lost(self, lead, day):
        lead.action_set_lost(lost_reason_id=self.reason.id)

    def change_restore(self, lead, day):
        lead.action_restore()

    def change_archive(self, lead, day):
        lead.active = False

    def change_payments(self, lead, day):
        lead.payment_ids = [Command.clear(), *self.random_payments(day)]

    def change_owner(self, lead, day):
        """Within the company, or handed over to the other one."""
        if self.random.random() < 0.5:
            lead.write({"user_id": self.user_b.id, "company_id": self.company_b.id})
        else:
            lead.write({"user_id": self.salesperson.id, "company_id": self.company.id})

    def change_delete(self, lead, day):
        self.leads -= lead
        lead.unlink()

    def live(self, on_day_end=None):
        """Let the leads live; the changes by kind are in ``self.changes``."""
        self.all_keys, self.changes = [], Counter()
        self.snapshots = {}
        with self.at(FIRST_DAY - timedelta(days=1)):
            self.leads = self.create_random_leads(400, FIRST_DAY)
        for number in range(DAYS):
            day = FIRST_DAY + timedelta(days=number)
            for hour in (0, 11, 23):
                moment = datetime.combine(day, time(hour, self.random.randint(0, 59), 59, 999_999))
                with self.at(moment):
                    for _number in range(self.random.randint(1, 6)):
                        lead = self.random.choice(self.leads)
                        self.changes[self.change(lead, day)] += 1
            with self.at(datetime.combine(day, time(23, 59, 59, 999_999))):
                self.leads += self.create_random_leads(self.random.randint(1, 3), day)
            self.snapshots[day] = self.take_snapshot()

    def take_snapshot(self):
        """What is in the pipeline now, by plain SQL: lead id to what the figures need."""
        self.commit()
        self.env.cr.execute(
            """
            SELECT id, stage_id, company_id, date_deadline, expected_revenue, prorated_revenue
              FROM crm_lead
             WHERE active AND won_status = 'pending' AND id = ANY(%s)
            """,
            [self.all_keys],
        )
        return {
            key: (
                stage,
                planned,
                self.convert_money(value, company),
                self.convert_money(weighted, company),
            )
            for key, stage, company, planned, value, weighted in self.env.cr.fetchall()
        }

    def convert_money(self, amount, company_id):
        """In the company's currency, as Odoo has to convert it."""
        if company_id == self.company_b.id:
            return money(Decimal(str(amount or 0)) / RATE)
        return money(amount)

    # ------------------------------------------------------------
    # The tests
    # ------------------------------------------------------------

    def test_figures_reconcile(self):
        self.live()
        numbers = {
            "leads": len(self.all_keys),
            "changes": sum(self.changes.values()),
            "by kind": dict(self.changes),
            "history rows": self.history.search_count([("lead_key", "in", self.all_keys)]),
            "days": DAYS,
            **self.check_each_lead(),
            **self.check_totals(),
            **self.check_as_of(),
            **self.check_movements(),
        }
        _logger.info("Figures reconciled: %s", numbers)
        self.assertGreaterEqual(numbers["leads"], 500)
        self.assertGreaterEqual(numbers["changes"], 500)
        self.assertGreaterEqual(min(self.changes.values()), 5)

    def check_each_lead(self):
        """(a) The rows of each lead add up to its value and its weighted value."""
        checked = rows = 0
        leads = self.leads.with_context(active_test=False)
        for company in (self.company, self.company_b):
            report = self.env["crm.lead.pipeline.report"].with_context(
                allowed_company_ids=company.ids, active_test=False
            )
            groups = report._read_group(
                [("lead_id", "in", leads.ids), ("company_id", "=", company.id)],
                ["lead_id"],
                ["amount:sum", "amount_weighted:sum", "__count"],
            )
            for lead, amount, weighted, count in groups:
                self.assertEqual(money(amount), money(lead.expected_revenue), lead)
                self.assertEqual(money(weighted), money(lead.prorated_revenue), lead)
                checked, rows = checked + 1, rows + count
        with_company = leads.filtered("company_id")
        self.assertEqual(checked, len(with_company))
        return {"(a) leads": checked, "(a) rows": rows}

    def check_totals(self):
        """(b) Totals by quarter, phase and company, against plain Python."""
        expected = defaultdict(lambda: [Decimal(), Decimal(), 0])
        for stage, company, day, amount, weighted in self.compute_pipeline():
            total = expected[quarter_of(day), stage, company]
            total[0] += amount
            total[1] += weighted
            total[2] += 1
        found = {}
        report = self.env["crm.lead.pipeline.report"].with_context(active_test=False)
        for quarter, stage, company, amount, weighted, count in report._read_group(
            [("lead_id", "in", self.leads.ids)],
            ["date:quarter", "stage_id", "company_id"],
            ["amount:sum", "amount_weighted:sum", "__count"],
        ):
            key = quarter_of(quarter), stage.id, company.id or None
            found[key] = [money(amount), money(weighted), count]
        self.assertSameFigures(found, expected)
        self.check_pipeline_is_snapshot(report)
        return {"(b) groups": len(found), "(b) rows": sum(row[2] for row in found.values())}

    def check_pipeline_is_snapshot(self, report):
        """Converted and all, the pipeline is the one that the history has of today."""
        found = {
            lead.id: (money(amount), money(weighted))
            for lead, amount, weighted in report.with_context(active_test=True)._read_group(
                [("lead_id", "in", self.leads.ids), ("won_status", "=", "pending")],
                ["lead_id"],
                ["amount:sum", "amount_weighted:sum"],
            )
        }
        snapshot = self.snapshots[max(self.snapshots)]
        self.assertSameFigures(found, {key: state[2:] for key, state in snapshot.items()})

    def assertSameFigures(self, found, expected):
        """Both dicts are the same; a failure names what differs, not the rest."""
        keys = sorted({*found, *expected}, key=str)
        different = [
            (key, found.get(key), expected.get(key))
            for key in keys
            if found.get(key) != expected.get(key)
        ]
        self.assertFalse(different, f"{len(different)} of {len(keys)}: found, expected")

    def compute_pipeline(self):
        """The pipeline report's rows from what users typed: no amount that Odoo computed but
        the lead's weighted value."""
        payments = defaultdict(list)
        for payment in self.env["crm.lead.payment"].search_read(
            [("lead_id", "in", self.leads.ids)],
            ["lead_id", "date", "percentage", "amount"],
            order="sequence, id",
        ):
            payments[payment["lead_id"][0]].append(payment)
        for lead in self.leads.with_context(active_test=False):
            stage, company = lead.stage_id.id, lead.company_id.id or None
            value, weighted = money(lead.expected_revenue), money(lead.prorated_revenue)
            probability = Decimal(str(lead.probability)) / 100
            rows = self.compute_payments(payments[lead.id], value, probability)
            rest = value - sum(row[1] for row in rows)
            weighted_rest = weighted - sum(row[2] for row in rows)
            if rest or not sum(row[1] for row in rows):
                rows.append([lead.date_deadline or None, rest, weighted_rest])
            elif rows:
                rows[-1][2] += weighted_rest
            amounts, weights = (
                self.convert_in_steps([row[place] for row in rows], company) for place in (1, 2)
            )
            for (day, *_row), amount, amount_weighted in zip(rows, amounts, weights, strict=True):
                yield stage, company, day, amount, amount_weighted

    def convert_in_steps(self, amounts, company_id):
        """In the company's currency, adding up to the sum of ``amounts`` converted."""
        totals = [self.convert_money(total, company_id) for total in accumulate(amounts)]
        return [total - before for before, total in pairwise([Decimal(), *totals])]

    def compute_payments(self, payments, value, probability):
        rows, share, before = [], Decimal(), Decimal()
        for payment in payments:
            amount = money(payment["amount"])
            if payment["percentage"]:
                share += Decimal(str(payment["percentage"]))
                running = money(value * share / 100)
                amount, before = running - before, running
            rows.append([payment["date"] or None, amount, money(amount * probability)])
        return rows

    def check_as_of(self):
        """(d) Each day's figures are the snapshot taken at its end."""
        rows, keys = 0, set(self.all_keys)
        for day, snapshot in self.snapshots.items():
            found = {
                key: (stage.id, planned or None, money(amount), money(weighted))
                for key, (stage, planned, amount, weighted) in self.read_snapshot(day).items()
                if key in keys
            }
            self.assertSameFigures(found, snapshot)
            rows += len(found)
            stages = defaultdict(lambda: [Decimal(), Decimal()])
            for stage, _planned, amount, weighted in snapshot.values():
                stages[stage][0] += amount
                stages[stage][1] += weighted
            as_of = self.history._pipeline_as_of(day, [("id", "in", self.all_keys)])
            self.assertEqual(
                {stage.id: [money(figure) for figure in total] for stage, total in as_of.items()},
                dict(stages),
            )
        return {"(d) days": len(self.snapshots), "(d) rows": rows}

    def check_movements(self):
        """(c) Opening + movements = closing, and both are the snapshots of their days."""
        rows, kinds = 0, Counter()
        days = list(self.snapshots)
        for _number in range(50):
            date_from, date_to = sorted(self.random.sample(days, 2))
            quarters, leads = defaultdict(Counter), defaultdict(Counter)
            for row in self.read_movement_rows(date_from, date_to):
                side = row.kind if row.kind in ("opening", "closing") else "moved"
                kinds[row.kind] += 1
                rows += 1
                for name in ("amount", "amount_weighted"):
                    amount = money(row[name])
                    quarters[side, name][quarter_of(row.date)] += amount
                    leads[side, name][row.move_key] += amount
            for name, place in (("amount", 2), ("amount_weighted", 3)):
                for sums in (quarters, leads):
                    opening, moved, closing = (
                        sums[side, name] for side in ("opening", "moved", "closing")
                    )
                    for key in {*opening, *moved, *closing}:
                        self.assertEqual(opening[key] + moved[key], closing[key], key)
                    self.assertEqual(opening.total() + moved.total(), closing.total())
                for side, day in (("opening", date_from), ("closing", date_to)):
                    taken = Counter()
                    for snapshot in self.snapshots[day].values():
                        taken[quarter_of(snapshot[1])] += snapshot[place]
                    found = quarters[side, name]
                    self.assertEqual(dict(found), {key: taken[key] for key in found})
                    self.assertEqual(found.total(), taken.total())
        self.assertEqual(len(kinds), 12, kinds)
        return {"(c) pairs": 50, "(c) rows": rows, "(c) rows by kind": dict(kinds)}

    def read_movement_rows(self, date_from, date_to):
        report = self.env["crm.lead.movement.report"].with_context(
            date_from=date_from, date_to=date_to
        )
        rows = report.search_fetch(
            [("move_key", "in", self.all_keys)],
            ["kind", "date", "amount", "amount_weighted", "move_key", "currency_id"],
        )
        self.assertEqual(rows.currency_id, self.company.currency_id)
        return rows

    # ------------------------------------------------------------
    # Queries
    # ------------------------------------------------------------

    def test_queries_do_not_grow_with_the_leads(self):
        self.all_keys = []
        calls = {
            name: self.get_report_calls(name, *groupby)
            for name, groupby in {
                "pipeline": ["stage_id", "date:quarter"],
                "snapshot": ["stage_id", "date:quarter"],
                "movement": ["kind", "date:quarter"],
                "forecast": ["quarter:quarter"],
            }.items()
        }
        with self.at(FIRST_DAY):
            leads = self.create_random_leads(60, FIRST_DAY)
        with self.at(FIRST_DAY + timedelta(days=30)):
            leads.date_deadline = "2025-02-15"
        # measured once to fill what Odoo caches per process
        [call() for call in calls.values()]
        before = {name: self.count_queries(call) for name, call in calls.items()}
        with self.at(FIRST_DAY):
            leads = self.create_random_leads(60, FIRST_DAY)
        with self.at(FIRST_DAY + timedelta(days=30)):
            leads.date_deadline = "2025-02-15"
        after = {name: self.count_queries(call) for name, call in calls.items()}
        _logger.info("Queries of the reports at 60 and 120 leads: %s, %s", before, after)
        self.assertEqual(before, after)

    def get_report_calls(self, name, *groupby):
        report = self.env[f"crm.lead.{name}.report"].with_context(
            snapshot_date="2024-11-30", date_from="2024-11-30", date_to="2025-01-31"
        )
        specification = {
            field: {"fields": {"display_name": {}}} if report._fields[field].relational else {}
            for field in ("lead_id", "stage_id", "user_id", "company_id", "type")
        }

        def call():
            report.formatted_read_group([], list(groupby), ["__count"])
            report.web_search_read([], specification, limit=500)
            self.history._pipeline_as_of("2024-11-30")

        return call
