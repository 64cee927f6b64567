from odoo import models
from odoo.exceptions import UserError

from .crm_lead_guard_mixin import check_sent


class Base(models.AbstractModel):
    _inherit = "base"

    def onchange(self, values, field_names, fields_spec):
        """Forms of other models hold leads, too: new ones are computed from what is sent.

        :raises AccessError: when the user may not read a record that a nested lead refers to
        """
        if not self.env.su:
            context = self.env.context
            names = [name for name in context if name.startswith("default_")]
            sent = {name.removeprefix("default_"): context[name] for name in names}
            check_sent(self, [{**sent, **values}], ())
        return super().onchange(values, field_names, fields_spec)

    def _check_one(self):
        """For what people do with one record: a sentence where code or a list sends others.

        :raises UserError: when there is none, or more than one
        """
        if len(self) != 1:
            name = self.env["ir.model"]._get(self._name).name
            raise UserError(self.env._("Choose exactly one record: %(name)s.", name=name))
