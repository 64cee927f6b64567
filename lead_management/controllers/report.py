"""The addresses of our reports can be typed: what stands in them is checked first."""

import json

from werkzeug.exceptions import BadRequest

from odoo.http import request, route

from odoo.addons.web.controllers.report import ReportController


class LeadReportController(ReportController):
    @route()
    def report_routes(self, reportname, docids=None, converter=None, **data):
        """Core reads options and context from the address unasked.

        :raises BadRequest: when they are no JSON objects
        """
        if reportname.startswith("lead_management."):
            for name in ("options", "context"):
                if not _is_object(data.get(name)):
                    raise BadRequest(
                        request.env._("This address of a report is not complete or not correct.")
                    )
        return super().report_routes(reportname, docids=docids, converter=converter, **data)


def _is_object(text):
    """Whether this is a JSON object, or nothing at all."""
    try:
        return not text or isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
