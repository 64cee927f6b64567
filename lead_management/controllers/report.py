"""The addresses of our reports can be typed: what stands in them is checked first."""

import json

from werkzeug.exceptions import BadRequest

from odoo.http import request, route

from odoo.addons.web.controllers.report import ReportController


class LeadReportController(ReportController):
    @route()
    def report_routes(self, reportname, docids=None, converter=None, **data):
        """Core reads report, records, options and context from the address unasked.

        :raises BadRequest: when there is no such report or record, or when options and context
            are no JSON objects
        """
        if reportname.startswith("lead_management.") and not (
            self._has_lead_records(reportname, docids)
            and _is_object(data.get("context"))
            and _is_object(data.get("options"))
            and _is_object(json.loads(data.get("options") or "{}").get("context"))
        ):
            raise BadRequest(
                request.env._("This address of a report is not complete or not correct.")
            )
        return super().report_routes(reportname, docids=docids, converter=converter, **data)

    def _has_lead_records(self, reportname, docids):
        """Whether there is the report, and what it is of. Who may read it is core's to ask."""
        try:
            report = request.env["ir.actions.report"]._get_report(reportname)
        except ValueError:
            return False
        if report.model != "crm.lead.document":
            return True
        # sudo: only whether they are there is asked
        letters = request.env[report.model].sudo()
        ids = {int(each) for each in (docids or "").split(",") if each.isdigit()}
        return len(letters.browse(ids).exists()) == len(ids)


def _is_object(text):
    """Whether this is a JSON object, or nothing at all."""
    try:
        return not text or isinstance(json.loads(text), dict)
    except (TypeError, ValueError, RecursionError):
        return False
