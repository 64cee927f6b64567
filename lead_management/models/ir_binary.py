from odoo import models
from odoo.exceptions import AccessError


class IrBinary(models.AbstractModel):
    _inherit = "ir.binary"

    def _find_record(self, *args, **kwargs):
        """Links to the files of a ticket lead nowhere once it was taken back.

        The pages and messages that customers saw before carry tokens, which skip all rules.
        """
        record = super()._find_record(*args, **kwargs)
        if record._name == "ir.attachment" and record.sudo().res_model == "project.task":
            task = self.env["project.task"].browse(record.sudo().res_id)
            if task.exists()._is_hidden_from_user():
                raise AccessError(self.env._("You may not see this file."))
        return record
