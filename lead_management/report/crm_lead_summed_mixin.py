"""Reports of many rows, of which groups are asked for."""

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

ADDING = ("sum", "sum_currency")
SAYING = ("array_agg_distinct", "count_distinct")


class Summed:
    """In the context while groups are read: the columns that tell the groups apart, by name; and
    once it is known what is searched for, all columns that are looked at.

    An object, as a client cannot send one.
    """

    def __init__(self, asked, columns=None):
        self.asked = asked
        self.columns = columns


class CrmLeadSummedMixin(models.AbstractModel):
    """Reports whose rows are added up by what somebody asks for, before anything else is done.

    A pivot asks for its groups at several levels in one query: PostgreSQL then adds up every row
    at each level, in one process, with the names that groups are sorted by. Days and phases are
    few: added up by them first, in parallel, little is left to do.

    Models that inherit this pass their SQL through :meth:`_sum_rows`. The rows have a column
    ``row_count``, which is 1.
    """

    _name = "crm.lead.summed.mixin"
    _description = "Figures That Are Added Up First"

    # the columns that are added up
    _summed_measures = ()
    # those that differ from row to row, besides: where they are asked for, rows stay as they are
    _row_names = ("id", "lead_id", "name")

    @api.model
    def _read_group(
        self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None
    ):
        report = self if having else self._summing(groupby, aggregates, order)
        groups = super(CrmLeadSummedMixin, report)._read_group(
            domain, groupby, aggregates, having, offset, limit, order
        )
        return self._with_own_env(groups)

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        groupby = [spec for grouping_set in grouping_sets for spec in grouping_set]
        report = self._summing(groupby, aggregates, order)
        found = super(CrmLeadSummedMixin, report)._read_grouping_sets(
            domain, grouping_sets, aggregates, order
        )
        return [self._with_own_env(groups) for groups in found]

    @api.model
    def _summing(self, groupby, aggregates, order):
        """This model, that adds up its rows for these groups where it can."""
        ordered = [term.split()[0] for term in (order or "").split(",") if term.strip()]
        names = {spec.partition(":")[0].partition(".")[0] for spec in groupby}
        for spec in {*aggregates, *ordered} - {*groupby, "__count"}:
            name, _separator, function = spec.partition(":")
            if function in SAYING:
                names.add(name)
            elif function in ADDING and name in self._summed_measures:
                names.add(self._fields[name].get_currency_field(self))
            else:
                return self
        if self._tell_rows_apart(names):
            return self
        return self.with_context(lead_summed=Summed(names))

    @api.model
    def _tell_rows_apart(self, names):
        """Whether there are nearly as many values of these columns as there are rows."""
        return not names.isdisjoint((*self._row_names, *self._summed_measures))

    @api.model
    def _with_own_env(self, groups):
        """Groups as they are read, with records in this environment."""
        return [
            tuple(
                value.with_env(self.env) if isinstance(value, models.BaseModel) else value
                for value in group
            )
            for group in groups
        ]

    @api.model
    def _get_summed(self):
        summed = self.env.context.get("lead_summed")
        return summed if isinstance(summed, Summed) else Summed(None)

    @api.model
    def _search(self, domain, *args, **kwargs):
        asked = self._get_summed().asked
        if asked is None:
            return super()._search(domain, *args, **kwargs)
        columns = self._find_columns(asked, Domain(domain).optimize_full(self))
        report = self.with_context(lead_summed=Summed(asked, columns))
        return super(CrmLeadSummedMixin, report)._search(domain, *args, **kwargs)

    @api.model
    def _find_columns(self, asked, domain):
        """The columns that groups and a search look at; None where they are not known or rows
        are told apart by them."""
        # asked by the search itself
        rules = self.env["ir.rule"]._compute_domain(self._name, "read")
        parts = [*domain, *([] if self.env.su else rules.optimize_full(self.sudo()))]
        # domains that are always or never true begin with a number
        paths = [part[0] for part in parts if isinstance(part, tuple) and isinstance(part[0], str)]
        names = {path.partition(".")[0] for path in paths}
        if any(isinstance(part, Domain) for part in parts) or self._tell_rows_apart(names):
            return None
        known = {name for name, field in self._fields.items() if field.store}
        names = (names | asked | {self._active_name}) & known
        return sorted(names)

    @api.model
    def _sum_rows(self, rows):
        """SQL of the report: the SQL ``rows``, or their sums where groups are asked for."""
        columns = self._get_summed().columns
        if columns is None:
            return rows
        columns = SQL(", ").join(map(SQL.identifier, columns))
        sums = SQL(", ").join(
            SQL("SUM(%(name)s) AS %(name)s", name=SQL.identifier(name))
            for name in self._summed_measures
        )
        return SQL(
            "SELECT %(columns)s, %(sums)s, SUM(row_count)::int AS row_count "
            "FROM (%(rows)s) AS single GROUP BY %(columns)s",
            columns=columns,
            sums=sums,
            rows=rows,
        )

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """Rows that are added up count as many."""
        if aggregate_spec == "__count" and self._get_summed().asked is not None:
            return SQL("SUM(%s)", SQL.identifier(self._table, "row_count"))
        return super()._read_group_select(aggregate_spec, query)
