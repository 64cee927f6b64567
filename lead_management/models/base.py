from odoo import models

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
