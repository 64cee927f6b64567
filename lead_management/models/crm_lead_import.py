"""The template for importing leads: its columns are those of this database, in the user's words."""

import io
from datetime import timedelta

import xlsxwriter

from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ..tools.marks import NEEDS_SETTLED

_lt = LazyTranslate(__name__)

IMPORT_TEMPLATE = "/lead_management/import/leads.xlsx"
# paths of fields, with what stands in the example's two rows; the second row of a lead is a
# second planned payment
COLUMNS = (
    ("name", "title", ""),
    ("category_id", "category", ""),
    ("stage_id", "stage", ""),
    ("source_id", "source", ""),
    ("contact_name", "Maria Huber", ""),
    ("partner_name", "", ""),
    ("phone", "+49 171 3920033", ""),
    ("email_from", "maria.huber@example.com", ""),
    ("street", "Hauptstraße 7", ""),
    ("zip", "80331", ""),
    ("city", "München", ""),
    ("expected_revenue", 12500.5, ""),
    ("date_deadline", 60, ""),
    ("activity_ids/activity_type_id", "type", ""),
    ("activity_ids/summary", "step", ""),
    ("activity_ids/date_deadline", 7, ""),
    ("payment_ids/name", "deposit", "rest"),
    ("payment_ids/date", 60, 120),
    ("payment_ids/amount", 5000, 7500.5),
    ("description", "", ""),
)
WORDS = {
    "title": _lt("Bathroom, new tiles"),
    "step": _lt("Choose the tiles"),
    "deposit": _lt("Deposit"),
    "rest": _lt("Rest"),
}


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model
    def get_import_templates(self):
        """Ours first: it has category, phase, payments, follow-up and questions."""
        return [
            {"label": self.env._("Template for Leads"), "template": IMPORT_TEMPLATE},
            *super().get_import_templates(),
        ]

    @api.model
    def load(self, fields, data):
        """Follow-ups that are imported with their leads are of leads: core leaves that open. A file
        may bring leads into phases whose needs they lack."""
        columns = [i for i, name in enumerate(fields) if name.split("/")[0] == "activity_ids"]
        if columns:
            model_id = str(self.env["ir.model"]._get_id(self._name))
            fields = [*fields, "activity_ids/res_model_id/.id"]
            data = [[*row, model_id if any(row[i] for i in columns) else ""] for row in data]
        leads = self
        if self.env.context.get("import_file"):
            leads = self.with_context(lead_needs=NEEDS_SETTLED)
        return super(CrmLead, leads).load(fields, data)

    @api.model
    def _build_import_template(self):
        """A workbook to fill in: the heads are the labels by which the import knows the columns,
        in the user's language; the questions of his categories stand last.

        :return: the bytes of an xlsx file
        :raises AccessError: when the user may not create leads
        """
        self.browse().check_access("create")
        tree = self.env["base_import.import"].get_fields_tree(self._name)
        columns = [column for column in COLUMNS if self._find_import_label(tree, column[0])]
        questions = [item for item in tree if item["name"].startswith("category_properties.")]
        columns += [(item["name"], "", "") for item in questions]
        output = io.BytesIO()
        with xlsxwriter.Workbook(output, {"in_memory": True}) as book:
            sheet = book.add_worksheet(self.env._("Leads"))
            bold = book.add_format({"bold": True})
            # the formats of the language would be read as text by some programs
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            for number, (path, first, second) in enumerate(columns):
                label = self._find_import_label(tree, path)
                sheet.set_column(number, number, max(12, len(label) + 2))
                sheet.write_string(0, number, label, bold)
                for row, example in enumerate((first, second), 1):
                    value = self._get_import_example(path, example)
                    if isinstance(value, (int, float)):
                        sheet.write_number(row, number, value)
                    elif isinstance(value, str):
                        sheet.write_string(row, number, value)
                    elif value:
                        sheet.write_datetime(row, number, fields.Datetime.to_datetime(value), day)
            sheet.freeze_panes(1, 0)
        return output.getvalue()

    @api.model
    def _find_import_label(self, tree, path):
        """The head by which the import knows the field, or an empty text where it is none."""
        labels = []
        for name in path.split("/"):
            item = next((item for item in tree if item["name"] == name), None)
            if item is None:
                return ""
            # two fields of one label: the name tells them apart
            twins = [other for other in tree if other["string"] == item["string"]]
            label = item["string"] if len(twins) == 1 and "/" not in item["string"] else name
            labels.append(label)
            tree = item["fields"]
        return "/".join(labels)

    @api.model
    def _get_import_example(self, path, example):
        """What stands in a cell: names of records that this database has, days from today."""
        if example in WORDS:
            return self.env._(WORDS[example])
        if path.endswith(("date", "date_deadline")) and example:
            return fields.Date.context_today(self) + timedelta(days=example)
        models = {
            "category": ("crm.lead.category", []),
            "stage": ("crm.stage", []),
            "source": ("utm.source", []),
            "type": ("mail.activity.type", [("res_model", "in", (False, "crm.lead"))]),
        }
        if example in models:
            model, domain = models[example]
            return self.env[model].search(domain, limit=1).display_name or ""
        return example
