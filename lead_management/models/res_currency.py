"""Which currencies have a rate: Odoo takes those that have none 1 to 1."""

from odoo import api, fields, models


class ResCurrency(models.Model):
    _inherit = "res.currency"

    @api.model
    def _get_rated(self, company):
        """The currencies whose rates the company may use, and the one that these are rates to.

        Rates are to a currency that needs none itself. The company's own rates are to its own
        currency. Rates of all companies are to the currency of the first company. Where a rate
        is 1 by entry, that one is it, and no currency without a rate.

        :param res.company company: whose rates are used, as in ``_convert``
        :return: ``res.currency``
        """
        root = company.root_id
        # sudo: rates are read for conversion, as core does in SQL
        rates = self.env["res.currency.rate"].sudo()
        rows = rates._read_group(
            [("company_id", "in", [False, root.id])], ["currency_id"], ["company_id:array_agg"]
        )
        rated = self.browse(currency.id for currency, _companies in rows)
        own = root.sudo().currency_id
        if own in rated:
            today = fields.Date.today()
            if own._get_rates(root, today)[own.id] == 1:
                return rated
        # sudo: the first company need not be one of the user's
        first = (
            self.env["res.company"].sudo().search([("parent_id", "=", False)], limit=1, order="id")
        )
        if own not in rated and (
            root == first or any(root.id in companies for _currency, companies in rows)
        ):
            return rated | self.browse(own.id)
        return rated | self.browse(first.currency_id.id)

    def _has_rate_to(self, currency, company):
        """Whether amounts can be converted: otherwise ``_convert`` takes them 1 to 1.

        :param res.currency currency: the other currency
        :param res.company company: whose rates are used
        """
        self.ensure_one()
        return self == currency or not (self | currency) - self._get_rated(company)
