from odoo import api, fields, models

# what core's own reasons are, by external id
CORE_REASON_KINDS = {
    "crm.lost_reason_1": "customer_declined",  # Too expensive
    "crm.lost_reason_2": "we_declined",  # We don't have people/skills
    "crm.lost_reason_3": "we_declined",  # Not enough stock
}
KINDS = [
    ("customer_declined", "The customer declined"),
    ("we_declined", "We declined"),
    ("not_qualified", "Not qualified"),
]


class CrmLostReason(models.Model):
    _inherit = "crm.lost.reason"

    kind = fields.Selection(
        KINDS,
        groups="base.group_user",
        help="Who said no. Not qualified: it never was a lead for us, or not yet. Reports on "
        "declined leads and their cost are grouped by it.",
    )

    @api.model
    def _fill_core_kinds(self):
        """Say of core's own reasons who said no, where nobody has said so yet.

        Called once after installation.
        """
        for xmlid, kind in CORE_REASON_KINDS.items():
            reason = self.env.ref(xmlid, raise_if_not_found=False)
            if reason and not reason.kind:
                reason.kind = kind
