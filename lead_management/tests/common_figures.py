"""The figures of the access tests, and leads that all of them have rows about."""

from contextlib import contextmanager
from datetime import datetime, time
from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError, UserError

from ..tools.periods import last_quarter_end

# rows about single leads
FIGURES = (
    "crm.lead.history",
    "crm.lead.pipeline.report",
    "crm.lead.snapshot.report",
    "crm.lead.movement.report",
    "crm.lead.forecast.report",
    "crm.lead.presales.report",
)
CALIBRATION = "crm.stage.calibration.report"
PRINTED = "report.lead_management.report_pipeline_quarterly"
ACTIONS = (
    "crm_lead_history_action",
    "crm_lead_pipeline_report_action",
    "crm_lead_pipeline_report_action_liquidity",
    "crm_lead_snapshot_report_action",
    "crm_lead_movement_report_action",
    "crm_lead_forecast_report_action",
    "crm_lead_presales_report_action",
    "crm_stage_calibration_report_action",
)


class FiguresAccessMixin:
    """Leads that came before this quarter, for which they are planned."""

    @classmethod
    @contextmanager
    def before_this_quarter(cls):
        """A transaction in which the history begins before the quarter does."""
        day = last_quarter_end(cls.today()) - relativedelta(days=10)
        moment = datetime.combine(day, time(12))
        cls.record_history()
        with patch.object(cls.env.cr, "now", lambda: moment):
            yield
            cls.record_history()

    @classmethod
    def record_history(cls):
        cls.env.flush_all()
        cls.env["crm.lead.history"]._record_pending()

    def may_read(self, read, lead):
        """Whether ``read`` tells something about the lead; refusing is telling nothing."""
        try:
            with self.env.cr.savepoint():
                return bool(read([("lead_id", "in", lead.ids)]))
        except AccessError:
            return False

    def is_refused(self, attempt):
        try:
            with self.env.cr.savepoint():
                attempt()
        except (AccessError, UserError, ValueError):
            return True
        return False

    def count_rows(self, report, domain):
        """How many rows the groups by phase hold."""
        groups = report.formatted_read_group(domain, ["stage_id"], ["__count"])
        return sum(group["__count"] for group in groups)

    def read_printed(self, report, company_ids=()):
        """Everything the printed pipeline says, as the environment's user prints it."""
        values = report._get_report_values(list(company_ids), {})
        return repr(values["pipelines"])
