"""A phone number is the same in any notation, found by an index."""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from ..tools.phone import national_digits
from .common import LeadManagementCommon

NOTATIONS = (
    "0171 39200 40",
    "+49 171 3920040",
    "0049 171/39200-40",
    "+49 (0) 171 39200.40",
    "01713920040",
    "(0171) 39 200 40",
)
PARTS = ("0171 39200", "39200 40", "+49 171", "0049171392", "171-3920", "20040")


@tagged("post_install", "-at_install")
class TestCapturePhone(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # neither the company nor anybody else says which country
        cls.company.country_id = False
        cls.other = cls.create_lead(phone="0664 1234567")

    def test_every_notation_and_part_finds_every_notation(self):
        leads = self.env["crm.lead"].union(*(self.create_lead(phone=n) for n in NOTATIONS))
        partners = self.env["res.partner"].create(
            [{"name": f"Caller {number}", "phone": number} for number in NOTATIONS]
        )
        for model, records in ((leads, leads), (partners, partners)):
            for term in (*NOTATIONS, *PARTS):
                for field in ("phone_any", "phone_mobile_search"):
                    found = model.search([(field, "ilike", term)])
                    self.assertEqual(found, records, f"{model._name} {field} {term}")

    def test_same_number_is_similar_in_any_notation(self):
        partner = self.create_partner("Caller", phone="+49 171 3920040")
        for number in (*NOTATIONS, "39200 40"):
            lead = self.create_lead(phone=number)
            self.assertEqual(lead._find_similar_partners(), partner, number)
        for number in ("0171 39200 41", "40", "0171", "", "hello", "+", "00"):
            lead = self.create_lead(phone=number)
            self.assertFalse(lead._find_similar_partners(), number)

    def test_contact_without_area_code_is_similar(self):
        partner = self.create_partner("Caller", phone="39200 40")
        lead = self.create_lead(phone="+49 171 39200 40")
        self.assertEqual(lead._find_similar_partners(), partner)

    def test_text_is_no_number(self):
        self.create_lead(phone="hello")
        leads = self.env["crm.lead"]
        for term in ("hello", "Huber", "%", "_", "12", "+", "0049"):
            self.assertFalse(leads.search([("phone_any", "ilike", term)]), term)
        self.assertTrue(leads.search([("phone_mobile_search", "ilike", "hello")]))

    def test_search_box_finds_phone_and_city(self):
        by_phone = self.create_lead(phone="+43 1 5811111", city="Wien")
        view = self.env.ref("lead_management.crm_lead_view_search")
        self.assertIn("('phone_any', 'ilike', self)", view.arch)
        self.assertIn("('city', 'ilike', self)", view.arch)
        self.assertEqual(self.env["crm.lead"].search([("phone_any", "ilike", "01 581")]), by_phone)

    def test_calling_codes(self):
        for number, digits in (
            ("+1 202 555 0123", "2025550123"),
            ("+352 26 12 34", "261234"),
            ("00420 601 123 456", "601123456"),
            ("0 49 171", "49171"),
            ("+", ""),
            (None, ""),
        ):
            self.assertEqual(national_digits(number), digits, number)

    def explain(self, records, domain, **search):
        """The plan that PostgreSQL makes of a search with an order nothing is stored in."""
        query = records._search(domain, order="write_date DESC, id DESC", **search)
        rows = self.env.execute_query_dict(SQL("EXPLAIN %s", query.select()))
        return "\n".join(row["QUERY PLAN"] for row in rows)

    def test_nothing_is_read_from_end_to_end(self):
        self.env.cr.execute("""
            INSERT INTO crm_lead (name, type, active, won_status, phone, contact_name)
            SELECT 'Lead ' || n, 'lead', true, 'pending', '0' || (1000000000 + n * 7919),
                   'Caller ' || n
              FROM generate_series(1, 20000) AS n;
            INSERT INTO res_partner (name, complete_name, active, autopost_bills, phone,
                                     email_normalized)
            SELECT 'Caller ' || n, 'Caller ' || n, true, 'ask',
                   '0' || (1000000000 + n * 7919),
                   'caller' || n || '@test.example.com'
              FROM generate_series(1, 20000) AS n;
            ANALYZE crm_lead;
            ANALYZE res_partner;
        """)
        for records in (self.env["crm.lead"], self.env["res.partner"]):
            for operator, index in (("ilike", "phone_digits_idx"), ("=", "phone_end_idx")):
                plan = self.explain(records, [("phone_any", operator, "0049 1713920040")])
                self.assertIn(index, plan)
                self.assertNotIn("Seq Scan", plan)
        lead = self.create_lead(
            phone="01713920040", contact_name="Caller 7", email_from="x@test.example.com"
        ).with_user(self.salesperson)
        for line, model in (("res.partner", "res_partner"), ("crm.lead", "crm_lead")):
            statements = self.get_statements(lead, line)
            self.assertTrue(statements)
            for statement in statements:
                rows = self.env.execute_query_dict(SQL("EXPLAIN %s", SQL(statement)))
                plan = "\n".join(row["QUERY PLAN"] for row in rows)
                self.assertNotIn(f"Seq Scan on {model}", plan, statement)
                # core's indexes of parts of words: leads have many of these in common
                self.assertNotIn("email_normalized_index", plan)
                self.assertNotIn("contact_name_index", plan)

    def get_statements(self, lead, model):
        """The searches in a model that the hint of a lead makes, as they reach the database."""
        statements = []
        table = self.env[model]._table
        execute = type(self.env.cr).execute

        def listen(cursor, query, params=None, **options):
            res = execute(cursor, query, params, **options)
            text = cursor._obj.query.decode()
            if text.startswith(f'SELECT "{table}"."id"') and "LIKE ANY" in text:
                statements.append(text.replace("%", "%%"))
            return res

        self.env.flush_all()
        with patch.object(type(self.env.cr), "execute", listen):
            lead._compute_similar_hint()
        return statements
