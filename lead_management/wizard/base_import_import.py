"""Importing leads: amounts are read right or refused, each wrong cell is named by its row."""

from odoo import models

from odoo.addons.base_import.models.base_import import ImportValidationError

from ..tools.amounts import AmbiguousAmount, find_decimal_mark, read_amount


class BaseImportImport(models.TransientModel):
    _inherit = "base_import.import"

    def execute_import(self, fields, columns, options, dryrun=False):
        """Each fault says its row: on the screen core says that of some, and hides others."""
        result = super().execute_import(fields, columns, options, dryrun=dryrun)
        if self.res_model == "crm.lead":
            for message in result["messages"]:
                self._say_row(message, options, result.get("name") or [])
        return result

    def _say_row(self, message, options, titles):
        """Put into a fault its row as a spreadsheet counts, and the title that stands there.

        :param dict message: as core's ``load`` returns it
        :param dict options: of the import
        :param list titles: by row, as far as the file has any
        """
        rows = message.get("rows")
        if not rows:
            return
        # core counts in the batch that it was given
        index = rows["from"] + options.get("skip", 0)
        number = index + (2 if options.get("has_headers") else 1)
        title = titles[index] if index < len(titles) else ""
        where = self.env._("Row %(number)s", number=number)
        if title:
            where = self.env._("%(row)s, “%(title)s”", row=where, title=title)
        elif message.get("field") == "name":
            # core speaks of columns of the database, in English
            message["message"] = self.env._("The title is missing.")
        # core's screen shows only the last fault that names no record
        message["record"] = number
        message["message"] = f"{where}: {message['message']}"
        message["says_row"] = True
        message.pop("value", None)

    def _parse_float_from_data(self, data, index, name, options):
        """Core's way reads ``234,50 €`` as 23450, as the blank looks like a decimal mark to it.

        What cannot be read stays as it is: then it is refused with its row and column, together
        with all other faults of the file, instead of alone.
        """
        if self.res_model != "crm.lead":
            return super()._parse_float_from_data(data, index, name, options)
        currency = self.env.company.currency_id
        signs = (currency.symbol, currency.name, "%")
        texts = [line[index].strip() for line in data]
        decimal = find_decimal_mark(texts, signs)
        for line, text in zip(data, texts, strict=True):
            line[index] = text
            if text:
                line[index] = self._read_lead_amount(text, signs, decimal)
        return None

    def _get_mapping_suggestion(self, header, fields_tree, header_types, mapping_fields):
        """Also by the labels of our screens, which for some fields differ from core's."""
        found = super()._get_mapping_suggestion(header, fields_tree, header_types, mapping_fields)
        if self.res_model != "crm.lead" or (found and found.get("distance", 0) <= 0):
            return found
        for env in (self.env, self.with_context(lang="en_US").env):
            labels = {
                env._("Title"): "name",
                env._("Owner"): "user_id",
                env._("Planned order date"): "date_deadline",
                env._("Planned Order Date"): "date_deadline",
                env._("Expected Closing"): "date_deadline",
            }
            for label, name in labels.items():
                if label.lower() == header.strip().lower():
                    return {"field_path": [name], "distance": 0}
        return found

    def _read_lead_amount(self, text, signs, decimal):
        try:
            return read_amount(text, signs, decimal)
        except AmbiguousAmount:
            return self.env._("%(text)s: a thousand times more or less?", text=text)
        except ValueError:
            # what core's float would take, as 1_000, infinity or a number with an exponent
            return text if not _is_float(text) else f"“{text}”"

    def _parse_date_from_data(self, data, index, name, field_type, options):
        """Core tells the first wrong day only, and nothing else of the file."""
        if self.res_model != "crm.lead":
            return super()._parse_date_from_data(data, index, name, field_type, options)
        for line in data:
            try:
                super()._parse_date_from_data([line], index, name, field_type, options)
            except ImportValidationError:
                line[index] = str(line[index]).strip()
        return None


def _is_float(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
