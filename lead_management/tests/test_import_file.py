"""Importing leads from files, by core's import as the browser calls it."""

import csv
import io

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, TransactionCase, tagged

from ..models.crm_lead_import import IMPORT_TEMPLATE
from ..tools.amounts import AmbiguousAmount, find_decimal_mark, read_amount
from .common import LeadManagementCommon

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# what the browser sends unless the user chooses otherwise
OPTIONS = {
    "has_headers": True,
    "quoting": '"',
    "separator": "",
    "encoding": "",
    "date_format": "",
    "datetime_format": "",
    "float_thousand_separator": ",",
    "float_decimal_separator": ".",
    "advanced": True,
    "fallback_values": {},
    "name_create_enabled_fields": {},
    "import_set_empty_fields": [],
    "import_skip_records": [],
    "limit": 2000,
    "skip": 0,
    "tracking_disable": True,
}
HEADS = (
    "name",
    "category_id",
    "stage_id",
    "source_id",
    "contact_name",
    "phone",
    "email_from",
    "expected_revenue",
    "date_deadline",
    "activity_ids/activity_type_id",
    "activity_ids/summary",
    "activity_ids/date_deadline",
    "payment_ids/name",
    "payment_ids/date",
    "payment_ids/amount",
    "category_properties.kind",
)


# by row of the data: what is wrong, and what is said of it
FAULTS = {
    3: ({"expected_revenue": "1.234"}, "a thousand times"),
    13: ({"expected_revenue": "much"}, "much"),
    23: ({"expected_revenue": "$ 500"}, "500"),
    33: ({"date_deadline": "31.02.2026"}, "31.02.2026"),
    43: ({"category_id": "No such category"}, "No such category"),
    53: ({"stage_id": "No such phase"}, "No such phase"),
    63: ({"source_id": "No such source"}, "No such source"),
    73: ({"name": ""}, "The title is missing"),
    83: ({"payment_ids/amount": "12,34,5"}, "12,34,5"),
    93: ({"activity_ids/activity_type_id": "No such type"}, "No such type"),
}


class TestAmounts(TransactionCase):
    def test_read_right(self):
        for text, amount in (
            ("1.234,56 €", 1234.56),
            ("234,50 €", 234.5),
            ("€ 234.50", 234.5),
            ("1,234.56", 1234.56),
            ("1.234.567", 1234567),
            ("1 234 567,8", 1234567.8),
            ("1'234.50", 1234.5),
            ("-1.234,00", -1234),
            ("(99,90 €)", -99.9),
            ("12", 12),
            ("0,125", 0.125),
            ("1234.567", 1234.567),
            ("7,", 7),
        ):
            with self.subTest(text=text):
                self.assertEqual(float(read_amount(text, ("€", "EUR"))), amount)

    def test_refused(self):
        for text in ("abc", "12,34,5", "1.23.456", "$ 5", "1e3", "--5", "1.234.56,7", "€", "5 €/h"):
            with self.subTest(text=text), self.assertRaises(ValueError):
                read_amount(text, ("€", "EUR"))

    def test_never_guessed(self):
        for text in ("1.234", "12,345 €", "-1.234"):
            with self.subTest(text=text), self.assertRaises(AmbiguousAmount):
                read_amount(text, ("€", "EUR"))
        self.assertEqual(float(read_amount("1.234", decimal=",")), 1234)
        self.assertEqual(float(read_amount("1.234", decimal=".")), 1.234)
        with self.assertRaises(ValueError):
            read_amount("1.234,5", decimal=".")

    def test_what_a_column_proves(self):
        self.assertEqual(find_decimal_mark(["1.234", "", "x", "2.500,00"]), ",")
        self.assertIsNone(find_decimal_mark(["1.234", "5.000"]))
        self.assertIsNone(find_decimal_mark(["1,5", "1.5"]), "Both: nothing is proved.")


class ImportCommon(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.currency_id = cls.env.ref("base.EUR")
        cls.category = cls.env["crm.lead.category"].create(
            {
                "name": "Bathroom (test)",
                "properties_definition": [{"name": "kind", "type": "char", "string": "Kind"}],
            }
        )

    def start(self, content, kind="text/csv", user=None, **options):
        """The import with its file, and what the browser goes on with after the preview."""
        wizard = (
            self.env["base_import.import"]
            .with_user(user or self.sales_manager)
            .create(
                {"res_model": "crm.lead", "file": content, "file_type": kind, "file_name": "leads"}
            )
        )
        preview = wizard.parse_preview(OPTIONS | options)
        self.assertNotIn("error", preview)
        return wizard, preview

    def execute(self, content, kind="text/csv", dryrun=False, **options):
        wizard, preview = self.start(content, kind, **options)
        names = [
            "/".join(preview["matches"].get(number, [])) or False
            for number, _head in enumerate(preview["headers"])
        ]
        result = wizard.execute_import(names, preview["headers"], preview["options"], dryrun=dryrun)
        return names, result

    @staticmethod
    def write_csv(rows, heads=HEADS):
        file = io.StringIO()
        writer = csv.writer(file, delimiter=";")
        writer.writerow(heads)
        writer.writerows(rows)
        return file.getvalue().encode()

    def make_row(self, number, **values):
        row = {
            "name": f"Imported {number}",
            "category_id": self.category.name,
            "stage_id": "Opened",
            "contact_name": f"Person {number}",
            "phone": f"0171 39200{number:03}",
            "email_from": f"person{number}@import.example.com",
            "expected_revenue": f"1.{number:03},50 €",
            "date_deadline": "30.11.2026",
            "activity_ids/activity_type_id": "To-Do",
            "activity_ids/summary": f"Step {number}",
            "activity_ids/date_deadline": "01.12.2026",
            "payment_ids/name": "Deposit",
            "payment_ids/date": "15.12.2026",
            "payment_ids/amount": "234,50 €",
            "category_properties.kind": "New",
        } | values
        return [row.get(head, "") for head in HEADS]

    def make_faulty_rows(self):
        """120 rows, ten of them wrong. The amounts are whole, so that they do not say what a dot
        means."""
        return [
            self.make_row(number, **{"expected_revenue": "500"} | FAULTS.get(number, ({},))[0])
            for number in range(120)
        ]


@tagged("post_install", "-at_install")
class TestImportFile(ImportCommon):
    def test_200_leads_of_a_german_file(self):
        names, result = self.execute(
            self.write_csv([self.make_row(number) for number in range(200)])
        )
        self.assertEqual(names, list(HEADS))
        self.assertFalse(result["messages"])
        leads = self.env["crm.lead"].browse(result["ids"])
        self.assertEqual(len(leads), 200)
        for number, lead in enumerate(leads):
            self.assertEqual(lead.expected_revenue, 1000.5 + number)
        lead = leads[7]
        self.assertEqual((lead.category_id, lead.stage_id), (self.category, self.stages["opened"]))
        self.assertEqual(str(lead.date_deadline), "2026-11-30")
        self.assertEqual(lead.contact_name, "Person 7")
        self.assertEqual(lead.activity_ids.summary, "Step 7")
        self.assertEqual(str(lead.next_follow_up), "2026-12-01")
        self.assertEqual(lead.payment_ids.mapped("amount"), [234.5])
        self.assertEqual(str(lead.payment_ids.date), "2026-12-15")
        self.assertEqual(lead.category_properties["kind"], "New")
        self.assertProbability(lead, 50)

    def test_ten_faults_are_each_named_and_nothing_is_imported(self):
        rows = self.make_faulty_rows()
        before = self.env["crm.lead"].search_count([])
        for dryrun in (True, False):
            _names, result = self.execute(self.write_csv(rows), dryrun=dryrun)
            errors = [item for item in result["messages"] if item["type"] == "error"]
            self.assertEqual({item["rows"]["from"] for item in errors}, set(FAULTS), errors)
            for number, (values, word) in FAULTS.items():
                with self.subTest(row=number):
                    (item,) = [item for item in errors if item["rows"]["from"] == number]
                    self.assertIn(word, item["message"])
                    # the heading is the first row
                    self.assertTrue(item["message"].startswith(f"Row {number + 2}"))
                    (head,) = values
                    path = item.get("field_path") or [item.get("field") or head]
                    self.assertEqual("/".join(path), head, "beside its column on the screen")
            self.assertFalse(result["ids"])
            self.assertEqual(self.env["crm.lead"].search_count([]), before)

    def test_labels_of_the_screens_are_known(self):
        for label in ("planned order date", "Expected Closing"):
            heads = ("Title", "Owner", label)
            names, result = self.execute(self.write_csv([("Tiles", "", "2027-03-15")], heads))
            self.assertEqual(names, ["name", "user_id", "date_deadline"])
            lead = self.env["crm.lead"].browse(result["ids"])
            self.assertEqual(str(lead.date_deadline), "2027-03-15")

    def test_other_models_are_imported_as_ever(self):
        wizard = self.env["base_import.import"].create({"res_model": "res.partner"})
        data = [["1.234,56"]]
        wizard._parse_float_from_data(data, 0, "x", {})
        self.assertEqual(data, [["1234.56"]])


@tagged("post_install", "-at_install")
class TestImportTemplate(ImportCommon, HttpCase):
    def test_template_is_offered_first(self):
        templates = self.env["crm.lead"].get_import_templates()
        self.assertEqual(templates[0]["template"], IMPORT_TEMPLATE)
        self.assertEqual(len(templates), 2, "Core's is there still.")

    def _fetch(self, user):
        self.authenticate(user.login, user.login)
        return self.url_open(IMPORT_TEMPLATE)

    def test_what_is_downloaded_can_be_imported_as_it_is(self):
        self.env["res.lang"]._activate_lang("de_DE")
        for lang in ("en_US", "de_DE"):
            self.sales_manager.lang = lang
            response = self._fetch(self.sales_manager)
            self.assertEqual((response.status_code, response.headers["Content-Type"]), (200, XLSX))
            with self.subTest(lang=lang):
                names, result = self.execute(response.content, XLSX)
                self.assertEqual(names, [
                    "name", "category_id", "stage_id", "source_id", "contact_name",
                    "partner_name", "phone", "email_from", "street", "zip", "city",
                    "expected_revenue", "date_deadline", "activity_ids/activity_type_id",
                    "activity_ids/summary", "activity_ids/date_deadline", "payment_ids/name",
                    "payment_ids/date", "payment_ids/amount", "description",
                    "category_properties.kind",
                ])  # fmt: skip
                self.assertFalse(result["messages"])
                (lead,) = self.env["crm.lead"].browse(result["ids"])
                self.assertEqual(lead.payment_ids.mapped("amount"), [5000, 7500.5])
                self.assertEqual((lead.expected_revenue, lead.city), (12500.5, "München"))
                self.assertTrue(lead.activity_ids.summary)
                is_german = lead.payment_ids[:1].name == "Anzahlung"
                self.assertEqual(is_german, lang == "de_DE", "the examples, too")

    def test_not_for_everybody(self):
        with self.assertRaises(AccessError):
            self.env["crm.lead"].with_user(self.accountant)._build_import_template()
        self.assertNotEqual(self._fetch(self.portal_user).status_code, 200)
