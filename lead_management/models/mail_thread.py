import codecs

from odoo import api, models

from ..tools.marks import MACHINE_WROTE


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_parse(self, message, save_original=False):
        """A mail in an encoding that nobody knows is read as far as it can be: else it would
        make the gateway fail, and be neither kept nor bounced."""
        for part in message.walk():
            charset = part.get_content_charset()
            try:
                codecs.lookup(charset or "ascii")
            except (LookupError, ValueError):
                part.set_param("charset", "utf-8")
        return super().message_parse(message, save_original=save_original)

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Mark what a machine answers, as the notes of somebody who is on holiday (RFC 3834):
        it is kept, but nobody has written."""
        kind = str(message.get("Auto-Submitted") or "no").split(";")[0].strip().lower()
        if kind != "no" or message.get("X-Autoreply") or message.get("X-Autorespond"):
            self = self.with_context(lead_machine_wrote=MACHINE_WROTE)
        return super()._message_route_process(message, message_dict, routes)
