from odoo import models
from odoo.exceptions import LockError, UserError

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

    def _lock_in_words(self, **options):
        """Core's ``lock_for_update``, which refuses in words that are nobody's language but its
        own.

        :param options: as ``lock_for_update`` takes them
        :raises UserError: when somebody else is working on one of these records right now
        """
        try:
            self.lock_for_update(**options)
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else, or a job in the background, is working on this lead right "
                    "now. Try again in a moment."
                )
            ) from error
