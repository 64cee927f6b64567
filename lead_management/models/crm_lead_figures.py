"""Figures that are read from leads themselves, such as those of the dashboard."""

from datetime import UTC, date
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.flags import flag_domain
from ..tools.spans import EARLIEST, latest

# what comes earlier or later, from before days were checked, has no period that Python could name
FIRST_GROUP, LAST_GROUP = "0002-01-01", "9998-01-01"


class CrmLead(models.Model):
    _inherit = "crm.lead"

    is_planned_overdue = fields.Boolean(
        "Planned Date Overdue",
        compute="_compute_is_planned_overdue",
        search="_search_is_planned_overdue",
        help="Open, and the planned order date is past where the company is that you work in.",
    )

    # ------------------------------------------------------------
    # The company's days
    # ------------------------------------------------------------

    @api.depends("won_status", "active", "date_deadline")
    @api.depends_context("company")
    def _compute_is_planned_overdue(self):
        overdue = self.filtered_domain(self._get_overdue_domain())
        for lead in self:
            lead.is_planned_overdue = lead in overdue

    @api.model
    def _search_is_planned_overdue(self, operator, value):
        self._check_field_access(self._fields["is_planned_overdue"], "read")
        return flag_domain(operator, value, self._get_overdue_domain())

    @api.model
    def _get_overdue_domain(self):
        """What reports by the planned order date call overdue: for every reader the same.

        Days out of reach, from before days were checked, count as undated there.
        """
        today = self.env.company._get_lead_today()
        pending = Domain([("won_status", "=", "pending"), ("active", "=", True)])
        return pending & Domain([("date_deadline", "<", today), ("date_deadline", ">=", EARLIEST)])

    @api.model
    def _with_company_days(self):
        """These leads, grouped and compared by days where the company is, when the caller asks
        for it by ``lead_company_days`` in the context: for every reader the same."""
        if not self.env.context.get("lead_company_days"):
            return self
        return self.with_context(tz=self._get_company_tz())

    @api.model
    def formatted_read_group(self, domain, groupby=(), aggregates=(), **options):
        groups = super(CrmLead, self._with_company_days()).formatted_read_group(
            domain, groupby, aggregates, **options
        )
        return self._shift_to_reader(groups)

    @api.model
    def formatted_read_grouping_sets(self, domain, grouping_sets, aggregates=(), *, order=None):
        sets = super(CrmLead, self._with_company_days()).formatted_read_grouping_sets(
            domain, grouping_sets, aggregates, order=order
        )
        return [self._shift_to_reader(groups) for groups in sets]

    def _read_group_groupby(self, alias, groupby_spec, query):
        """Days at the end of the calendar break no list that is grouped by them."""
        sql = super()._read_group_groupby(alias, groupby_spec, query)
        name, _separator, granularity = groupby_spec.partition(":")
        field = self._fields.get(name)
        if field and field.type == "date" and granularity in ("week", "month", "quarter", "year"):
            # LEAST would have no day be the last one
            return SQL(
                "CASE WHEN %(day)s > %(last)s THEN %(last)s "
                "WHEN %(day)s < %(first)s THEN %(first)s ELSE %(day)s END",
                day=sql,
                first=SQL("%s::date", FIRST_GROUP),
                last=SQL("%s::date", LAST_GROUP),
            )
        return sql

    @api.model
    def _web_read_group_fill_temporal(
        self, groups, groupby, aggregates, fill_from=False, fill_to=False, min_groups=False
    ):
        """Periods without leads keep their place in charts, but not those before and after what
        is a sensible day: the year 9999 would be 95,000 months away."""
        # of dates only: moments are what has happened
        days = [group[0] for group in groups if type(group[0]) is date]
        last = latest(self.env.company._get_lead_today())
        sensible = [day for day in days if EARLIEST <= day <= last]
        if len(sensible) < len(days):
            if not sensible:
                return groups
            fill_from, fill_to = fill_from or min(sensible), fill_to or max(sensible)
        return super()._web_read_group_fill_temporal(
            groups, groupby, aggregates, fill_from, fill_to, min_groups
        )

    def _shift_to_reader(self, groups):
        """Have days and months of the company begin when the reader's do: the reader's browser
        tells from the moment which day or month it is.

        :param list groups: dicts, as of ``formatted_read_group``; changed in place
        """
        company_tz, reader_tz = ZoneInfo(self._get_company_tz()), ZoneInfo(self.env.tz.zone)
        if not self.env.context.get("lead_company_days") or company_tz == reader_tz:
            return groups
        for group in groups:
            for spec, value in group.items():
                field = self._fields.get(spec.partition(":")[0])
                if field and field.type == "datetime" and isinstance(value, tuple):
                    moment = fields.Datetime.to_datetime(value[0]).replace(tzinfo=UTC)
                    local = moment.astimezone(company_tz).replace(tzinfo=reader_tz)
                    shifted = local.astimezone(UTC).replace(tzinfo=None)
                    group[spec] = (fields.Datetime.to_string(shifted), *value[1:])
        return groups

    @api.model
    def _get_company_tz(self):
        return self.env.company._get_lead_tz()
