from math import isfinite

from odoo import api, models
from odoo.exceptions import UserError
from odoo.models import LOG_ACCESS_COLUMNS
from odoo.tools import ormcache

from ..tools.sent import sent_ids, sent_ids_of_many

# no deal is worth that much in any currency; further on, numbers lose their digits
LARGEST = 1e15


def is_ours(field):
    """Whether this addon brings a field of a model, and not only changes it."""
    return (
        field._modules
        and field._modules[0] == "lead_management"
        and field.name not in LOG_ACCESS_COLUMNS
    )


def check_sent(model, vals_list, names):
    """Check the records that values refer to, and those that values nested in them do.

    :param model: an empty recordset of the model that the values are for
    :param list vals_list: dicts as ``create`` takes them
    :param names: the fields to check; of the others, what is nested in them
    :raises AccessError: when the user may not read one of the records
    """
    for name in set().union(*vals_list):
        field = model._fields.get(name)
        if not field or not field.relational:
            continue
        collect = sent_ids if field.type == "many2one" else sent_ids_of_many
        found = [collect(vals.get(name)) for vals in vals_list]
        comodel = model.env[field.comodel_name]
        ids = {record_id for record_ids, _nested in found for record_id in record_ids}
        if ids and name in names:
            model._check_sent_records(name, comodel.browse(ids))
        if nested := [vals for _ids, values in found for vals in values]:
            inner = set()
            if hasattr(comodel, "_check_sent"):
                inner |= comodel._get_guarded_fields()
            if name in names:
                # what is nested in a field that is checked is read in sudo mode with it
                inner |= set(getattr(comodel, "_guarded_nested_fields", ()))
            check_sent(comodel, nested, inner)


class CrmLeadGuardMixin(models.AbstractModel):
    """What a client sends is checked before anything in sudo mode reads it.

    Stored fields are computed in sudo mode, in a form's ``onchange`` too, from whatever ids
    the values, their commands and the context's defaults hold. So every one of these ids is
    checked with the caller's rights first, in the fields that this addon brings and in those
    of core's that ours are computed from.
    """

    _name = "crm.lead.guard.mixin"
    _description = "Rights before Superuser Mode"

    # core's fields that ours are computed from
    _guarded_core_fields = ()

    @api.model_create_multi
    def create(self, vals_list):
        """
        :raises AccessError: when the user may not read a record that the values refer to
        """
        self._check_sent(self._add_sent_defaults(vals) for vals in vals_list)
        self._check_choices(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """
        :raises AccessError: when the user may not read a record that the values refer to
        """
        self._check_sent([vals])
        self._check_choices([vals])
        return super().write(vals)

    def onchange(self, values, field_names, fields_spec):
        """
        :raises AccessError: when the user may not read a record that the values refer to, or
            the one in the form
        """
        self.check_access("read")
        self._check_sent([self._add_sent_defaults(values)])
        self._check_choices([values])
        return super().onchange(values, field_names, fields_spec)

    def export_data(self, fields_to_export):
        """Core reads the fields one by one, and those that are computed in sudo mode unasked.

        :raises AccessError: when the user may not read one of the records
        """
        self.check_access("read")
        return super().export_data(fields_to_export)

    @ormcache()
    def _get_guarded_fields(self):
        """The names of the fields whose values are checked: a frozen set."""
        return frozenset(
            name
            for name, field in self._fields.items()
            if field.relational and (is_ours(field) or name in self._guarded_core_fields)
        )

    @api.model
    def _add_sent_defaults(self, vals):
        """``vals`` with the context's defaults of the guarded fields that are not in them."""
        context = self.env.context
        defaults = {
            name: context[f"default_{name}"]
            for name in self._get_guarded_fields() - vals.keys()
            if f"default_{name}" in context
        }
        return {**defaults, **vals}

    @api.model
    def _check_sent(self, vals_list):
        """Check what values refer to, one question per field.

        :param vals_list: iterable of dicts as ``create`` takes them
        :raises AccessError: when the user may not read one of the records
        """
        if not self.env.su:
            check_sent(self, list(vals_list), self._get_guarded_fields())

    @api.model
    def _check_choices(self, vals_list):
        """Core raises a fault without a sentence where a dialog is sent a choice that it has not.

        :raises UserError: naming the field and the value
        """
        if not self._transient:
            return
        for name in set().union(*vals_list):
            field = self._fields.get(name)
            if not field or field.type != "selection" or not is_ours(field):
                continue
            known = [False, None, "", *field.get_values(self.env)]
            for value in (vals[name] for vals in vals_list if name in vals):
                if value not in known:
                    raise UserError(
                        self.env._(
                            "%(field)s: “%(value)s” is none of the choices.",
                            field=field._description_string(self.env),
                            value=str(value)[:50],
                        )
                    )

    @api.model
    def _as_numbers(self, vals, names):
        """``vals`` with numbers for those that are sent as text, as Odoo takes them, too; the very
        same where there is no text.

        :param set names: the fields that are compared or computed with before Odoo reads them
        :raises UserError: naming the field and the value, when it is no number, or too large
        """
        numbers = {}
        for name in names & vals.keys():
            value = vals[name]
            if value in (None, False, ""):
                continue
            try:
                number = float(value)
                is_number = isfinite(number)
            except (TypeError, ValueError, OverflowError):
                is_number = False
            if not is_number:
                raise UserError(
                    self.env._(
                        "%(field)s: “%(value)s” is no number.",
                        field=self._fields[name]._description_string(self.env),
                        value=str(value)[:50],
                    )
                )
            if abs(number) >= LARGEST:
                raise UserError(
                    self.env._(
                        "%(field)s: “%(value)s” is too large.",
                        field=self._fields[name]._description_string(self.env),
                        value=str(value)[:50],
                    )
                )
            if not isinstance(value, int | float):
                numbers[name] = number
        return {**vals, **numbers} if numbers else vals

    @api.model
    def _check_sent_records(self, name, records):
        """Check the records that values of a field refer to. Extend it for records that are
        told to the user in another way than by the access rules of their model.

        :param str name: the field
        :param records: a recordset of its model
        :raises AccessError: when the user may not read one of them
        """
        records.check_access("read")
