"""The pipeline recomputed without Odoo, from what users typed, and leads to compare it over."""

import random
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate, pairwise
from typing import NamedTuple
from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo import fields

from .common_history import LeadHistoryCommon

SEED = 20261128
ZONES = ("UTC", "Pacific/Auckland", "Pacific/Honolulu")

LEAD_FIELDS = (
    "active",
    "company_id",
    "date_deadline",
    "expected_revenue",
    "probability",
    "stage_id",
    "user_id",
    "wake_up_date",
    "won_status",
)


class Row(NamedTuple):
    """A planned payment, or what no payment covers."""

    lead: dict
    date: object
    amount: Decimal
    weighted: Decimal


def to_unit(amount, unit):
    """A number rounded to a currency's smallest unit."""
    exact = Decimal(str(amount or 0))
    return (exact / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit


class RecomputedMixin:
    """Works on ``self.leads``; ``self.rates``: units of a company's currency for one of the first
    company's, by company id; None where there is no rate."""

    def read_recomputed(self):
        """The leads and their payments, as they were typed."""
        leads = self.leads.sudo().with_context(active_test=False)
        found = leads.search_read([("id", "in", leads.ids)], LEAD_FIELDS, load=None)
        payments = defaultdict(list)
        for payment in (
            self.env["crm.lead.payment"]
            .sudo()
            .search_read(
                [("lead_id", "in", leads.ids)],
                ["lead_id", "date", "percentage", "amount"],
                order="sequence, id",
                load=None,
            )
        ):
            payments[payment["lead_id"]].append(payment)
        return [(lead, payments[lead["id"]]) for lead in found]

    def get_unit(self, company):
        return Decimal(str(company.currency_id.rounding))

    def recompute_rows(self, company):
        """All rows in the currency of ``company``, which the reader works in.

        :return: list of ``Row``; amounts are 0 where no rate converts them
        """
        rows = []
        for lead, payments in self.read_recomputed():
            # a lead of no company has the cents that it was entered with in the first one
            own = self.env["res.company"].browse(lead["company_id"] or [])
            parts = self._split(lead, payments, self.get_unit(own or self.company))
            amounts, weights = (
                self._convert([part[place] for part in parts], own, company) for place in (1, 2)
            )
            rows += [
                Row(lead, part[0], *money)
                for part, *money in zip(parts, amounts, weights, strict=True)
            ]
        return rows

    def _split(self, lead, payments, unit):
        """[date, amount, weighted] of each payment and of the rest, in the lead's currency."""
        value = to_unit(lead["expected_revenue"], unit)
        chance = Decimal(str(lead["probability"])) / 100
        weighted = to_unit(value * chance, unit)
        parts, share, before = [], Decimal(), Decimal()
        for payment in payments:
            amount = Decimal(str(payment["amount"]))
            if payment["percentage"]:
                share += Decimal(str(payment["percentage"]))
                running = to_unit(value * share / 100, unit)
                amount, before = running - before, running
            parts.append([payment["date"] or None, amount, to_unit(amount * chance, unit)])
        planned = sum(part[1] for part in parts)
        weighted_rest = weighted - sum(part[2] for part in parts)
        if planned == value and planned:
            parts[-1][2] += weighted_rest
        else:
            parts.append([lead["date_deadline"] or None, value - planned, weighted_rest])
        return parts

    def _convert(self, amounts, own, company):
        """In the currency of ``company``, adding up to the sum of ``amounts`` converted."""
        rate = Decimal(1)
        if own and own.currency_id != company.currency_id:
            if self.rates[own.id] is None or self.rates[company.id] is None:
                return [Decimal()] * len(amounts)
            rate = self.rates[company.id] / self.rates[own.id]
        unit = self.get_unit(company)
        totals = [to_unit(total * rate, unit) for total in accumulate(amounts)]
        return [total - before for before, total in pairwise([Decimal(), *totals])]

    # ------------------------------------------------------------
    # What reports show of it
    # ------------------------------------------------------------

    def is_open(self, lead):
        return lead["active"] and lead["won_status"] == "pending"

    def sum_rows(self, rows):
        """Unweighted and weighted, as the reports tell them."""
        return tuple(float(sum(row[place] for row in rows)) for place in (2, 3))

    def by_bucket(self, rows, key):
        """Sums of rows by what ``key`` says of each; without those that are 0."""
        buckets = defaultdict(list)
        for row in rows:
            buckets[key(row)].append(row)
        sums = {bucket: self.sum_rows(found) for bucket, found in buckets.items()}
        return {bucket: sums[bucket] for bucket in sums if any(sums[bucket])}

    def get_timing(self, row):
        """*Overdue*, *undated*, or the first day of the quarter."""
        if not row.date:
            return "undated"
        if row.date < self.today() and row.lead["won_status"] == "pending":
            return "overdue"
        return row.date + relativedelta(day=1, month=(row.date.month - 1) // 3 * 3 + 1)


class FiguresEverywhereCommon(RecomputedMixin, LeadHistoryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(SEED)
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.company.write({"lead_tz": "Europe/Vienna", "currency_id": cls.env.ref("base.EUR").id})
        coins = cls.create_foreign_currency({"2020-01-01": 3})
        coins.rounding = 0.05
        apart = cls.env["res.currency"].create({"name": "TSA", "symbol": "TSA"})
        cls.companies = cls.company
        for currency in (coins, apart):
            cls.companies |= cls.env["res.company"].create(
                {"name": currency.name, "currency_id": currency.id, "lead_tz": "UTC"}
            )
        cls.rates = dict(zip(cls.companies.ids, (Decimal(1), Decimal(3), None), strict=True))
        cls.readers = cls.sales_manager | cls.sales_all | cls.salesperson | cls.accountant
        people = cls.env.user | cls.readers | cls.salesperson_2
        people.company_ids |= cls.companies
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.companies.ids, "tz": "UTC"}
        )
        cls.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        earlier = fields.Datetime.now() - relativedelta(days=2)
        with patch.object(cls.env.cr, "now", lambda: earlier):
            cls.leads = cls.env["crm.lead"].concat(
                *(cls.create_generated() for _number in range(70))
            )
            cls.record_history()
        for number, lead in enumerate(cls.leads):
            if cls.change_state(number, lead) in ("won", "declined"):
                lead.date_closed = cls.pick_moment()
        cls.record_history()
        cls.env.invalidate_all()

    @classmethod
    def record_history(cls):
        cls.env.flush_all()
        cls.history._record_pending()

    @classmethod
    def create_generated(cls):
        """With more decimals than the currency has: they are rounded when they are stored."""
        pick = cls.random.choice
        day = pick([None, -400, -1, 0, 30, 100, 200, 900, 2500])
        date = [False, cls.today() + relativedelta(months=2), cls.today() - relativedelta(days=1)]
        return cls.create_lead(
            stage=pick(["new", "opened", "negotiation"]),
            name="Generated",
            company_id=pick([*cls.companies.ids, False]),
            team_id=False,
            user_id=pick([cls.salesperson.id, cls.salesperson_2.id, False]),
            expected_revenue=pick([0, -250.5555, cls.random.randint(1, 99_999_999) / 1000]),
            probability=pick([3, 12.5, 33.33, 99]),
            date_deadline=day is not None and cls.today() + relativedelta(days=day),
            payment_ids=[
                (0, 0, {"date": pick(date), **share})
                for share in pick([[], [], [{"percentage": 33.33}] * 3, [{"amount": 77.777}]])
            ],
        )

    @classmethod
    def pick_moment(cls):
        """Around the midnights that begin a month: UTC, where the company and where readers are."""
        first = fields.Datetime.now().replace(day=1, minute=30)
        hours = cls.random.choice([-13, -2, -1, 0, 1, 9, 11])
        months = cls.random.randint(0, 12)
        return first + relativedelta(months=-months, hour=0, minute=30, hours=hours)

    # ------------------------------------------------------------
    # Readers
    # ------------------------------------------------------------

    def get_envs(self, *users):
        """The readers, each in both languages and in several time zones."""
        for user in users or self.readers:
            for lang in ("en_US", "de_DE"):
                for tz in ZONES:
                    yield self.env(user=user, context={**self.env.context, "lang": lang, "tz": tz})

    def get_readable_rows(self, env):
        """The rows recomputed, of the leads that the reader may read."""
        rows = self.recompute_rows(env.company)
        if env.user == self.salesperson:
            rows = [row for row in rows if row.lead["user_id"] in (False, None, env.uid)]
        return [row for row in rows if row.lead["company_id"] in (False, None, *env.companies.ids)]

    def get_open_rows(self, env):
        return [row for row in self.get_readable_rows(env) if self.is_open(row.lead)]

    def assertSums(self, found, expected):
        """Dicts of bucket to amounts; buckets of 0 do not count."""
        found = {
            key: tuple(round(amount or 0, 2) + 0.0 for amount in sums)
            for key, sums in found.items()
        }
        found = {key: sums for key, sums in found.items() if any(sums)}
        expected = {
            key: tuple(round(amount, 2) + 0.0 for amount in sums) for key, sums in expected.items()
        }
        self.assertEqual(found, expected)
