from odoo import models

from ..tools.marks import NEEDS_SETTLED


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _callback(self, cron_name, server_action_id):
        """A job has nobody who could fill in what a phase needs. Core's ``cron_id`` in the context
        does not tell a job: a client can send it."""
        job = self.with_context(lead_needs=NEEDS_SETTLED)
        return super(IrCron, job)._callback(cron_name, server_action_id)
