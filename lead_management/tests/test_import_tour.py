"""Our import template, filled in and imported in a browser through core's screen."""

import io
from datetime import date

import openpyxl

from odoo.tests import tagged

from ..models.crm_lead_import import COLUMNS
from .test_import_file import FAULTS, HEADS, XLSX, ImportCommon
from .test_lead_story_tour import BOARD, LeadTourCommon

# what a spreadsheet keeps as number and day
TYPED = {
    "expected_revenue": 500,
    "date_deadline": date(2026, 11, 30),
    "activity_ids/date_deadline": date(2026, 12, 1),
    "payment_ids/date": date(2026, 12, 15),
    "payment_ids/amount": 234.5,
}


@tagged("post_install", "-at_install")
class TestImportTour(ImportCommon, LeadTourCommon):
    def fill_in_template(self, *rows):
        """The template as the salesperson downloads it, with our rows instead of its example."""
        template = self.env["crm.lead"].with_user(self.seller)._build_import_template()
        book = openpyxl.load_workbook(io.BytesIO(template))
        sheet = book.active
        sheet.delete_rows(2, sheet.max_row)
        paths = [path for path, _first, _second in COLUMNS] + ["category_properties.kind"]
        for number, values in enumerate(rows):
            row = dict(zip(HEADS, self.make_row(number, **TYPED | values), strict=True))
            sheet.append([row.get(path) or None for path in paths])
        output = io.BytesIO()
        book.save(output)
        # the tour fetches it there
        self.env["ir.attachment"].create(
            {
                "name": "leads.xlsx",
                "mimetype": XLSX,
                "url": "/lead_management/tests/leads.xlsx",
                "raw": output.getvalue(),
            }
        )

    def find_imported(self):
        return self.env["crm.lead"].search([("name", "=like", "Imported%")], order="id")

    def test_200_leads_are_tested_then_imported(self):
        self.fill_in_template(*({"expected_revenue": 1000.5 + number} for number in range(200)))

        self.start_as_seller(BOARD, "lead_management_import", timeout=300)

        leads = self.find_imported()
        self.assertEqual(len(leads), 200)
        self.assertEqual(leads.user_id, self.seller)
        self.assertEqual(
            leads.mapped("expected_revenue"), [1000.5 + number for number in range(200)]
        )
        lead = leads[7]
        self.assertEqual((lead.category_id, lead.stage_id), (self.category, self.stages["opened"]))
        self.assertEqual(lead.date_deadline, TYPED["date_deadline"])
        self.assertEqual(lead.next_follow_up, TYPED["activity_ids/date_deadline"])
        self.assertEqual(lead.payment_ids.mapped("amount"), [234.5])
        self.assertEqual(lead.category_properties["kind"], "New")

    def test_ten_faults_are_named_with_their_rows_and_nothing_is_imported(self):
        # every other row is right
        self.fill_in_template(*(row for values, _word in FAULTS.values() for row in ({}, values)))

        self.start_as_seller(BOARD, "lead_management_import_faults", timeout=300)

        self.assertFalse(self.find_imported())
