"""Sums in a spreadsheet of a grouped list: the same as on the screen."""

import json

from odoo.http import request

from odoo.addons.web.controllers.export import ExcelExport


class LeadExcelExport(ExcelExport):
    def from_group_data(self, fields, columns_headers, groups):
        """Core adds up the cells of the rows: amounts in several currencies 1 to 1, and ratios as
        their mean. Of leads and of figures about them, the database tells the sums."""
        if getattr(groups._model, "_exports_sums", False):
            self._set_sums(groups, json.loads(request.params["data"]))
        return super().from_group_data(fields, columns_headers, groups)

    def _set_sums(self, tree, params):
        """Put the sums of the database into core's tree of groups.

        :param GroupsTreeNode tree: the groups, with their rows
        :param dict params: what the browser asked for
        """
        model, domain = tree._model, params["domain"]
        if params["ids"]:
            model = model.with_context(active_test=False)
            domain = [("id", "in", params["ids"])]
        names = dict.fromkeys(tree._get_aggregated_field_names())
        described = model.fields_get(names, ["aggregator", "currency_field"])
        specs = self._get_sum_specs(described)
        # what the database cannot add up is core's, unless nobody knows in which currency
        summed = [
            name
            for name, field in described.items()
            if "aggregator" in field or "currency_field" in field
        ]
        for depth in range(1, len(params["groupby"]) + 1):
            groupby = params["groupby"][:depth]
            for group in model.formatted_read_group(domain, groupby, specs):
                node = tree
                for spec in groupby:
                    node = node and node.children.get(group[spec])
                if node:
                    sums = {name: _get_sum(group, name, described[name]) for name in summed}
                    node.aggregated_values = {**node.aggregated_values, **sums}

    def _get_sum_specs(self, described):
        """What the database is asked for.

        :param dict described: the fields to add up, as ``fields_get`` describes them
        :return: list of aggregates, as ``formatted_read_group`` takes them
        """
        specs = []
        for name, field in described.items():
            if "aggregator" in field:
                specs.append(f"{name}:{field['aggregator']}")
                if currency := field.get("currency_field"):
                    specs += [f"{currency}:array_agg_distinct", f"{name}:sum_currency"]
        return list(dict.fromkeys(specs))


def _get_sum(group, name, field):
    """The sum of a field in a group: converted, as on the screen, where it has several
    currencies; None where the screen has none."""
    currencies = set(group.get(f"{field.get('currency_field')}:array_agg_distinct") or []) - {None}
    function = "sum_currency" if len(currencies) > 1 else field.get("aggregator")
    amount = group.get(f"{name}:{function}")
    return None if amount is False else amount
