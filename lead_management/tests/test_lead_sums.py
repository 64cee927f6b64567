"""Sums and groups of leads: whatever Odoo's views offer can be chosen, and adds up."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..setup.names import OurNames
from .common_history import LeadHistoryCommon

NUMBERS = ("integer", "float", "monetary")
INTERVALS = ("day", "week", "month", "quarter", "year")


@tagged("post_install", "-at_install")
class TestLeadSums(LeadHistoryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leads = cls.create_lead(
            stage="opened", expected_revenue=1000, date_deadline="2026-06-30"
        )
        cls.leads |= cls.create_lead(stage="opened", expected_revenue=500)
        cls.env["crm.lead.payment"].create(
            [{"lead_id": lead.id, "amount": 10, "date": "2030-01-01"} for lead in cls.leads]
        )
        cls.env.flush_all()
        cls.history._record_pending()
        cls.names = OurNames(cls.env)

    # ------------------------------------------------------------
    # What views offer
    # ------------------------------------------------------------

    def find_fields(self):
        """Our fields, and all of leads: model, name and what Odoo's views are told of it."""
        for name in [*sorted(self.names.models), *self.names.extended]:
            if name in self.env and not self.env[name]._abstract:
                for field, description in self.env[name].fields_get().items():
                    if (
                        name in (*self.names.models, "crm.lead")
                        or (name, field) in self.names.fields
                    ) and not description["type"].startswith("properties"):
                        yield self.env[name], field, description

    def attempt(self, broken, what, call, *args, **kwargs):
        """Note what ``call`` breaks with; a refusal in words is an answer."""
        try:
            with self.env.cr.savepoint():
                call(*args, **kwargs)
        except UserError as error:
            self.assertTrue(str(error).strip())
        except Exception as error:  # noqa: BLE001  pylint: disable=broad-except
            broken.append(f"{what}: {error!r}")

    def test_whatever_views_offer_as_measure_can_be_chosen(self):
        broken = []
        for model, name, field in self.find_fields():
            if not field.get("aggregator") or field["type"] not in NUMBERS or name == "id":
                continue
            # as pivots, charts and lists ask for it
            specs = [f"{name}:{field['aggregator']}"]
            if currency := field.get("currency_field"):
                specs += [f"{currency}:array_agg_distinct", f"{name}:sum_currency"]
            self.attempt(broken, f"{model._name}.{name}", model.formatted_read_group, [], [], specs)
        self.assertFalse(broken, "\n".join(broken))

    def test_whatever_views_offer_as_group_and_order_can_be_chosen(self):
        broken = []
        for model, name, field in self.find_fields():
            what = f"{model._name}.{name}"
            if field.get("groupable"):
                is_day = field["type"] in ("date", "datetime")
                for spec in [f"{name}:{each}" for each in INTERVALS] if is_day else [name]:
                    self.attempt(broken, what, model.formatted_read_group, [], [spec], ["__count"])
            if field.get("sortable"):
                self.attempt(broken, what, model.search, [], order=name, limit=1)
        self.assertFalse(broken, "\n".join(broken))

    def test_whatever_views_offer_as_filter_can_be_chosen(self):
        broken = []
        for model, name, field in self.find_fields():
            if field.get("searchable"):
                for operator in ("=", "!="):
                    leaf = (name, operator, False)
                    self.attempt(broken, f"{model._name} {leaf}", model.search, [leaf], limit=1)
        self.assertFalse(broken, "\n".join(broken))

    # ------------------------------------------------------------
    # Groups
    # ------------------------------------------------------------

    def test_leads_without_a_day_are_a_group_of_their_own(self):
        domain = [("id", "in", self.leads.ids)]
        for name in ("date_deadline", "wake_up_date"):
            for interval in INTERVALS:
                spec = f"{name}:{interval}"
                groups = self.env["crm.lead"].formatted_read_group(domain, [spec], ["__count"])
                days = [group[spec] for group in groups]
                self.assertFalse(days[-1], (spec, days))
                self.assertFalse([day for day in days if day and day[0] > "2100"])

    def test_planned_payments_have_the_currency_of_their_lead_in_groups(self):
        payments = self.env["crm.lead.payment"]
        domain = [("lead_id", "in", self.leads.ids)]
        currency = self.company.currency_id
        groups = payments._read_group(domain, ["currency_id"], ["amount:sum_currency"])
        self.assertEqual(groups, [(currency, 20)])
        self.assertEqual(payments.search_count([*domain, ("currency_id", "=", currency.id)]), 2)
