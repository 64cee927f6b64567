from odoo import api, models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Mark what a machine answers, as the notes of somebody who is on holiday (RFC 3834):
        it is kept, but nobody has written."""
        kind = str(message.get("Auto-Submitted") or "no").split(";")[0].strip().lower()
        if kind != "no" or message.get("X-Autoreply") or message.get("X-Autorespond"):
            self = self.with_context(lead_machine_wrote=True)
        return super()._message_route_process(message, message_dict, routes)
