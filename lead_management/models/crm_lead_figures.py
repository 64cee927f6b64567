"""Figures that are read from leads themselves, such as those of the dashboard."""

from datetime import UTC
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import SQL

# what comes later, from before days were checked, has no next period that core could name
LAST_GROUP = "9998-01-01"


class CrmLead(models.Model):
    _inherit = "crm.lead"

    # ------------------------------------------------------------
    # The company's days
    # ------------------------------------------------------------

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
            return SQL("LEAST(%s, %s::date)", sql, LAST_GROUP)
        return sql

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
