"""Merging leads keeps their money and their answers."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import LeadManagementCommon

QUESTIONS = [
    {"name": "kind", "type": "char", "string": "Kind"},
    {
        "name": "roof",
        "type": "selection",
        "string": "Roof",
        "selection": [["flat", "Flat roof"], ["steep", "Steep roof"]],
    },
    {"name": "supplier", "type": "many2one", "string": "Supplier", "comodel": "res.partner"},
    {"name": "rooms", "type": "tags", "string": "Rooms", "tags": [["bath", "Bath", 1]]},
    {"name": "urgent", "type": "boolean", "string": "Urgent"},
]


class MergingCommon(LeadManagementCommon):
    def merge(self, *leads):
        """Merge leads into the first of them; returns it anew."""
        merged = self.env["crm.lead"].concat(*leads).merge_opportunity()
        self.assertEqual(merged, leads[0])
        self.env.flush_all()
        self.env.invalidate_all()
        return merged

    def find_note(self, lead, text):
        return lead.message_ids.filtered(lambda message: text in (message.body or "")).body


@tagged("post_install", "-at_install")
class TestMergingMoney(MergingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls.create_foreign_currency({"2020-01-01": 4})
        cls.other = cls.env["res.company"].create(
            {"name": "Other (test)", "currency_id": cls.foreign.id}
        )
        cls.env.user.company_ids |= cls.other
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": (cls.company | cls.other).ids}
        )
        cls.head = cls.create_lead(
            stage="negotiation", team_id=False, user_id=False, company_id=cls.company.id
        )

    def create_foreign_lead(self, value=1000, **values):
        return self.create_lead(
            stage="new",
            company_id=self.other.id,
            team_id=False,
            user_id=False,
            expected_revenue=value,
            **values,
        )

    def read_total(self, leads):
        rows = self.env["crm.lead.pipeline.report"]
        ((amount,),) = rows._read_group([("lead_id", "in", leads.ids)], [], ["amount:sum"])
        return amount

    def test_value_in_another_currency_is_converted(self):
        other = self.create_foreign_lead()
        before = self.read_total(self.head | other)
        merged = self.merge(self.head, other)
        self.assertEqual((merged.company_id, merged.expected_revenue), (self.company, 250))
        self.assertEqual((before, self.read_total(merged)), (250, 250))

    def test_typed_payments_are_converted_shares_stay(self):
        payments = [(0, 0, {"percentage": 50}), (0, 0, {"amount": 100})]
        merged = self.merge(self.head, self.create_foreign_lead(payment_ids=payments))
        self.assertEqual(merged.payment_ids.mapped("amount"), [125, 25])
        self.assertEqual(merged.payment_ids.mapped("percentage"), [50, 0])
        self.assertEqual(self.read_total(merged), 250)

    def test_sum_of_payments_is_converted(self):
        payments = [(0, 0, {"amount": amount}) for amount in (300, 100)]
        other = self.create_foreign_lead(payment_ids=payments)
        other.action_use_payment_sum()
        merged = self.merge(self.head, other)
        self.assertEqual((merged.value_source, merged.expected_revenue), ("payments", 100))
        self.assertEqual(merged.payment_ids.mapped("amount"), [75, 25])

    def test_value_of_a_lead_of_no_company_is_converted_into_that_of_the_other(self):
        self.env["res.currency.rate"].search([]).unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": self.foreign.id, "name": "2020-01-01", "rate": 4, "company_id": False}
        )
        self.head.write({"company_id": False, "expected_revenue": 50})
        merged = self.merge(self.head, self.create_foreign_lead(0))
        self.assertEqual((merged.company_id, merged.expected_revenue), (self.other, 200))

    def test_without_a_rate_nothing_is_merged(self):
        self.env["res.currency.rate"].search([]).unlink()
        other = self.create_foreign_lead()
        with self.assertRaisesRegex(UserError, "TST"):
            (self.head | other).merge_opportunity()
        self.assertEqual((self.head | other).exists(), self.head | other)
        self.assertEqual(other.expected_revenue, 1000)

    def test_without_a_rate_leads_are_merged_whose_value_is_not_kept(self):
        self.env["res.currency.rate"].search([]).unlink()
        self.head.expected_revenue = 70
        self.assertEqual(self.merge(self.head, self.create_foreign_lead()).expected_revenue, 70)


@tagged("post_install", "-at_install")
class TestMergingAnswers(MergingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        categories = cls.env["crm.lead.category"]
        cls.category = categories.create({"name": "Roofs", "properties_definition": QUESTIONS})
        cls.other_category = categories.create(
            {
                "name": "Cellars",
                "properties_definition": [{"name": "depth", "type": "integer", "string": "Depth"}],
            }
        )
        cls.supplier = cls.create_partner("Supplier")
        cls.answers = {
            "kind": "Slate",
            "roof": "steep",
            "supplier": cls.supplier.id,
            "rooms": ["bath"],
            "urgent": True,
        }

    def create_answered(self, answers, category=None, **values):
        category = category or self.category
        return self.create_lead(
            category_id=category.id, category_properties=answers, stage="new", **values
        )

    def read_answers(self, lead):
        found = lead.read(["category_properties"])[0]["category_properties"]
        return {each["name"]: each["value"] for each in found if each.get("value")}

    def test_answers_of_the_category_that_is_kept_are_kept(self):
        head = self.create_lead(stage="negotiation")
        merged = self.merge(head, self.create_answered(self.answers))
        self.assertEqual(merged.category_id, self.category)
        supplier = (self.supplier.id, self.supplier.display_name)
        self.assertEqual(self.read_answers(merged), {**self.answers, "supplier": supplier})
        self.assertFalse(self.find_note(merged, "not kept"))

    def test_first_answer_to_a_question_is_kept_and_a_note_names_the_others(self):
        head = self.create_answered({"kind": "Tiles"}, name="First")
        head.stage_id = self.stages["negotiation"]
        merged = self.merge(head, self.create_answered(self.answers, name="Second"))
        self.assertEqual(self.read_answers(merged)["kind"], "Tiles")
        self.assertEqual(self.read_answers(merged)["roof"], "steep")
        note = self.find_note(merged, "not kept")
        self.assertIn("Second: Kind: Slate", note)
        self.assertNotIn("Roof", note)

    def test_note_names_the_answers_to_the_questions_of_another_category(self):
        head = self.create_answered({"depth": 3}, self.other_category)
        head.stage_id = self.stages["negotiation"]
        merged = self.merge(head, self.create_answered(self.answers, name="Second"))
        self.assertEqual(self.read_answers(merged), {"depth": 3})
        note = self.find_note(merged, "not kept")
        for text in ("Kind: Slate", "Roof: Steep roof", "Rooms: Bath", "Urgent: Yes"):
            self.assertIn(f"Second: {text}", note)
        self.assertIn(self.supplier.name, note)

    def test_number_of_queries_does_not_depend_on_the_answers(self):
        def count(number):
            leads = [self.create_answered(self.answers) for _number in range(number)]
            merged = self.env["crm.lead"].concat(*leads)
            return self.count_queries(merged._get_dropped_answers)

        count(2)
        self.assertEqual(count(2), count(4))
