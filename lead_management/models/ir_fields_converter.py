"""Importing leads: a wrong number of a planned payment is told with its column."""

from contextlib import contextmanager

from odoo import api, models


class IrFieldsConverter(models.AbstractModel):
    _inherit = "ir.fields.converter"

    @api.model
    def _str_to_float(self, model, field, value, savepoint):
        with _say_column(model, field):
            return super()._str_to_float(model, field, value, savepoint)

    @api.model
    def _str_to_monetary(self, model, field, value, savepoint):
        with _say_column(model, field):
            return super()._str_to_monetary(model, field, value, savepoint)


@contextmanager
def _say_column(model, field):
    """Core adds the column to a fault in a line of a record where the fault has more to say; of
    wrong numbers it has nothing."""
    try:
        yield
    except ValueError as error:
        message, *details = error.args
        if model._name == "crm.lead.payment" and not any(details):
            error.args = (message, {"field_type": field.type})
        raise
